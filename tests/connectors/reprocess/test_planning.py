"""What a run would do: by what is declared, and by what is stored."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from clickhouse_connect.driver.client import Client

from connectors.reprocess.asked import Asked
from connectors.reprocess.days import waiting
from connectors.reprocess.framing import _late
from connectors.reprocess.planning import RATES, Part, Question, by_hand, newly_final, plan, seconds
from connectors.reprocess.work import Place, Work
from connectors.store import migrations, runs
from connectors.store.client import connect
from connectors.store.tables import arrow
from streams.duration import DAY, HOUR
from streams.errors import Stop
from streams.inventory import KINDS
from streams.registry import Registry
from streams.settings import Settings
from tests.connectors.store.records import START, observation

FROM = "2026-09-01T00:00:00Z"
DAYS = range(START // DAY, START // DAY + 5)
NEIGHBOURS = {"uncertainty": 1, "within": 900}
ITEMS = (
    ("use_case", {"id": "pav", "title_fr": "p", "title_en": "p"}),
    ("use_case", {"id": "air", "title_fr": "a", "title_en": "a"}),
    *(
        ("device", {"id": d, "name": d, "codec": "c", "use_case": u, "nominal_period": 900})
        for d, u in (("A", "pav"), ("B", "air"))
    ),
    *(
        ("property", {"id": p, "title_fr": p, "title_en": p, "unit": "%", "resolution": 1})
        for p in ("fill_level", "humidity")
    ),
    ("deployment", {"id": "a", "device": "A", "site": "a", "commune": "13201", "from": FROM}),
    (
        "profile",
        {
            "id": "h",
            "property": "humidity",
            "tests": {"neighbours": {"uncertainty": 1, "within": 9}},
        },
    ),
)


@pytest.fixture(scope="module")
def registry() -> Registry:
    found = Registry()
    for kind, body in ITEMS:
        where = {"latitude": 43.3, "longitude": 5.37} if kind == "deployment" else {}
        declared = KINDS[kind].model_validate(body | where)
        found = found.having(kind, declared.id, declared)
    return found


def test_options_narrow_each_other(registry: Registry) -> None:
    def devices(**asked: object) -> list[str]:
        return [one.device for one in by_hand(registry, Question(**asked))]  # type: ignore[arg-type]

    assert devices() == ["A", "B"]
    assert devices(use_case="air") == ["B"]
    assert devices(use_case="air", devices=("A",)) == []
    assert devices(place="13201") == ["A"]
    (one,) = by_hand(registry, Question(place="13201", span=(0, START), decode=True))
    assert (one.since, one.until, one.why) == (1_788_220_800_000_000, START, "decoded")
    for wrong in ({"devices": ("C",)}, {"use_case": "pev"}, {"properties": ("fil_level",)}):
        with pytest.raises(Stop, match="is not declared"):
            devices(**wrong)


@pytest.fixture
def client(apart: Callable[..., Settings]) -> Iterator[Client]:
    settings = apart(partitions=1)
    migrations.apply(settings)
    client = connect(settings)
    yield client
    client.close()


def final(client: Client, at: int) -> None:
    """The sink has met a tick of then."""
    for name, value in (("partitions", 1), ("horizon_seconds", 172_800)):
        sql = "INSERT INTO parameters SELECT {n:String}, {v:Int64}, now64(6, 'UTC')"
        client.command(sql, parameters={"n": name, "v": value})
    told = [{"topic": t, "partition": 0, "at": at} for t in ("observations", "windows")]
    client.insert_arrow("frontier", arrow("frontier", told))


def test_a_plan_is_cut_to_what_is_stored_and_to_what_live_owns(
    client: Client, registry: Registry
) -> None:
    with pytest.raises(Stop, match="nothing is final yet"):
        plan(client, registry, Question(), 2 * DAY)
    final(client, START + 5 * DAY)
    rows = [observation("A", START + i * HOUR) for i in range(100)]
    rows += [observation("B", START + i * HOUR, property="humidity") for i in range(0, 100, 2)]
    client.insert_arrow("observations", arrow("observations", rows))

    found = plan(client, registry, Question(), 2 * DAY)
    assert found.until == START + 3 * DAY
    assert [(p.asked.device, p.samples) for p in found.parts] == [("A", 72), ("B", 36)]
    assert {p.asked.since for p in found.parts} == {START}
    assert {one.since for one in found.live} == {found.until}
    assert found.seconds == pytest.approx(108 / RATES["judge"])
    only = plan(client, registry, Question(properties=("humidity",)), 2 * DAY)
    assert [p.asked.device for p in only.parts] == ["B"]

    assert newly_final(client, registry, (START, found.until)) == [
        Asked("B", START, found.until, "final")
    ]
    assert newly_final(client, registry, (START + 200 * HOUR, START + 300 * HOUR)) == []
    assert newly_final(client, registry, (START, START)) == []

    client.command("INSERT INTO runs (run, revision, what) VALUES ('r', 1, 'judge')")
    client.command(
        "INSERT INTO run_tasks (run, task, revision, state, samples, seconds) "
        "VALUES ('r', 0, 1, 'done', 5000, 10)"
    )
    assert seconds(client, [Part(Asked("A", 0, 1, "asked"), 1000, 1)]) == 2.0


def test_a_day_stays_late_whatever_is_declared_of_it_and_codecs_that_changed_are_decoded_again(
    client: Client, registry: Registry
) -> None:
    """What was said of a day last takes the place of what was said before."""
    said = [("late", 1), ("declared", 2), ("", 3), ("declared", 4), ("late", 5), ("", 6)]
    found = []
    for reason, revision in said:
        row = {"device": "A", "day": DAYS[0], "reason": reason, "revision": revision}
        row |= {"is_deleted": not reason, "at": START}
        client.insert_arrow("pending", arrow("pending", [row]))
        found.append([day.reason for day in waiting(client, None)])
        assert [day.reason for day in waiting(client, "late")] == [
            r for r in found[-1] if r == "late"
        ]
    assert found == [["late"], ["late"], [], ["declared"], ["late"], []]


def test_what_live_cannot_decode_again_is_sent_to_it(client: Client, registry: Registry) -> None:
    codecs = {"id": "c", "decoded": True, "mapping": [{"path": "h", "property": "humidity"}]}
    known = registry.having("codec", "c", KINDS["codec"].model_validate(codecs))
    final(client, START + 5 * DAY)
    rows = [observation("A", START + i * HOUR, codec_hash=7) for i in range(110)]
    client.insert_arrow("observations", arrow("observations", rows))
    days = [
        {"device": "A", "day": day, "reason": "declared", "revision": i, "at": START + 9 * DAY}
        | {"is_deleted": False}
        for i, day in enumerate(DAYS)
    ]
    client.insert_arrow("pending", arrow("pending", days))

    found = plan(client, known, Question(pending=True), 2 * DAY)
    assert [p.asked for p in found.parts] == [Asked("A", DAYS[0] * DAY, DAYS[3] * DAY, "decoded")]
    assert [p.asked for p in found.handed] == [
        Asked("A", DAYS[3] * DAY, (DAYS[-1] + 1) * DAY, "decoded")
    ]
    assert (len(found.taken), found.waiting) == (3, 2)
    asked = Question(decode=True, devices=("A",), span=(START, START + 4 * DAY))
    assert [p.asked for p in plan(client, known, asked, 2 * DAY).handed] == [
        Asked("A", found.until, START + 4 * DAY, "decoded")
    ]


def test_late_frames_of_a_time_that_a_run_decoded_again_are_not_read_as_they_were(
    client: Client, apart: Callable[..., Settings]
) -> None:
    place = Place(apart(partitions=1), client, None, {}, lambda: START + 10 * DAY)  # type: ignore[arg-type]
    late = {"A": [(START, START + DAY)], "B": [(START, START + DAY)]}
    assert _late(place, late) == ({}, late, START)
    work = Work([Asked("A", START, START + 1, "decoded"), Asked("B", START, START + 9, "late")], 0)
    record = runs.Run("d", "done", "decode", "a", "r", work.said(), "1", 1, {}, 0, START)
    runs.record(client, record, START)
    assert _late(place, late) == ({"A": late["A"]}, {"B": late["B"]}, START)
    much_later = replace(place, now=lambda: START + 40 * DAY)
    assert _late(much_later, late) == (late, {}, START)
