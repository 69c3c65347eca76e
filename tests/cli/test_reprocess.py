"""``vigie reprocess``: a month that was judged wrongly is right again, on the real servers."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from cli.main import build
from cli.reprocess import _interrupted
from connectors.reprocess.planning import Question, plan
from connectors.reprocess.reading import readings
from connectors.reprocess.reverting import restore
from connectors.reprocess.running import begin, work
from connectors.reprocess.settlement import settled, tonight
from connectors.reprocess.work import Place
from connectors.store import batch, migrations
from connectors.store.client import connect as connect_store
from connectors.store.queries import ask
from connectors.store.runs import Run, tasks_done
from streams.declare import registered
from streams.duration import DAY, HOUR
from streams.errors import Stop
from streams.handler import Record
from streams.inventory import micros
from streams.quality import GOOD, SUSPECT, UNKNOWN
from streams.schema_registry import connect
from streams.settings import Settings
from tests.connectors.reprocess.city import (
    DEVICES,
    NETWORKS,
    SQUARE,
    START,
    City,
    Uplink,
    expected,
    inventory,
    square,
    uplinks,
)
from tests.world import for_commands, sinking

TABLES = ("observations", "windows")
WHO = ("--author", "A. Martin", "--reason", "the scale was read upside down")


@pytest.fixture
def city(apart: Callable[..., Settings], monkeypatch: pytest.MonkeyPatch) -> Iterator[City]:
    # Topics of a simulated clock keep for ever: to the broker the frames of that March are old.
    settings = apart(partitions=1, sink_within=0.1, clock="simulated")
    settings = settings.model_copy(update={"clock": "wall"})
    for_commands(settings, monkeypatch)
    migrations.apply(settings)
    client = connect_store(settings)
    yield City(settings, connect(settings), client)
    client.close()


def vigie(*arguments: object) -> Result:
    return CliRunner().invoke(build(), [*map(str, arguments)])


def done(*arguments: object) -> Any:
    result = vigie("reprocess", *arguments, "--output", "json")
    assert result.exit_code == 0, (result.output, result.exception)
    return json.loads(result.stdout)


def declare(city: City, folder: Path) -> None:
    result = vigie("registry", "apply", folder, "--yes")
    assert result.exit_code == 0, (result.output, result.exception)
    city.registry = registered(city.settings, city.wire)


def becomes(true: Callable[[], bool]) -> None:
    waiting = threading.Event()
    for _ in range(300):
        if true():
            return
        waiting.wait(0.1)
    raise AssertionError("it did not become so in time")


def pending(city: City) -> int:
    return len(batch.ask(city.client, "pending_days", reason=""))


def ingest(city: City, frames: list[Record], until: int) -> None:
    """A worker and a sink take frames; then time goes on."""
    said = city.judged([*frames, city.tick(until)])
    city.store(said)
    settle = {"partitions": 1, "horizon_seconds": city.settings.horizon_hours * 3600}
    for name, value in settle.items():
        sql = "INSERT INTO parameters SELECT {n:String}, {v:Int64}, now64(6, 'UTC')"
        city.client.command(sql, parameters={"n": name, "v": value})


def oracle(city: City, frames: list[Record], until: int, patience: int = 48) -> dict[str, Any]:
    """What a worker gives that has known all along what is declared now, and for which nothing is
    late before so many hours."""
    patient = city.settings.model_copy(update={"horizon_hours": patience})
    another = City(patient, city.wire, city.client, city.registry)
    said = another.judged([*frames, city.tick(until)])
    return {table: expected(another, said, table) for table in TABLES}


def placed(city: City) -> Place:
    return Place(city.settings, city.client, city.wire, NETWORKS, lambda: time.time_ns() // 1000)


def begun(city: City) -> Run:
    """A run over all devices, recorded and not worked on."""
    horizon = city.settings.horizon_hours * HOUR
    found = plan(city.client, city.registry, Question(devices=DEVICES), horizon)
    return begin(placed(city), found, "judge", "A. Martin", "why")


def stored(city: City) -> dict[str, Any]:
    return {table: city.rows(table) for table in TABLES}


def test_a_month_judged_wrongly_is_right_again_and_can_be_put_back(
    city: City, tmp_path: Path
) -> None:
    sent, until = list(uplinks(31, period=4 * HOUR)), START + 40 * DAY
    declare(city, inventory(tmp_path / "i", slope=1.2))
    frames = city.decoded(sent)
    ingest(city, frames, until)
    wrong = stored(city)
    assert len(wrong["observations"]) == len(sent)

    with sinking(city.settings):
        declare(city, inventory(tmp_path / "i", slope=0.8))
        becomes(lambda: pending(city) == 31)
        seen = done("run", "--pending", "--dry-run", "--jobs", 1)
        assert seen["total"]["values"] == len(sent) // 2
        assert city.rows() == wrong["observations"]

        ran = done("run", "--pending", "--jobs", 1, *WHO)
        becomes(lambda: pending(city) == 0)
    right = oracle(city, frames, until)
    assert stored(city) == right
    assert right["observations"] != wrong["observations"]
    assert ask(city.client, "counts")[0]["pending_days"] == 0

    verify = ("run", "--device", DEVICES[0], "--what", "verify", "--jobs", 1)
    assert vigie("reprocess", *verify).exit_code == 0

    shown = done("show", ran["run"])
    assert (shown["state"], shown["author"], shown["reason"]) == ("done", *WHO[1::2])
    (series,) = shown["differences"]
    assert series["values"] == len(sent) // 2
    assert series["device"] == DEVICES[0]
    assert shown["sequence"] == city.registry.sequence
    bound = {"property": "fill_level", "device": DEVICES[0], "limit": 10_000}
    day = {"since": "2026-03-03 00:00:00", "until": "2026-03-04 00:00:00"}
    old = ask(city.client, "superseded", **bound, **day)
    assert [r["value"] for r in old] == [
        row["value"]
        for key, row in sorted(wrong["observations"].items(), key=lambda kv: kv[0][3])
        if key[1] == DEVICES[0] and row["observed_at"].day == 3
    ]
    assert {r["run"] for r in old} == {ran["run"]}

    back = vigie("reprocess", "revert", ran["run"], *WHO)
    assert back.exit_code == 0, (back.output, back.exception)
    assert stored(city) == wrong
    reverted = done("status")[0]
    assert (reverted["what"], reverted["state"]) == ("revert", "done")
    assert vigie("reprocess", "revert", reverted["run"], *WHO).exit_code == 0
    assert stored(city) == right


def test_a_run_that_is_killed_goes_on_where_it_was(city: City, tmp_path: Path) -> None:
    sent, until = list(uplinks(6, period=4 * HOUR, start=START - 3 * DAY)), START + 10 * DAY
    declare(city, inventory(tmp_path / "i", slope=1.2))
    frames = city.decoded(sent)
    ingest(city, frames, until)
    wrong = stored(city)
    declare(city, inventory(tmp_path / "i", slope=0.8))
    run = begun(city).run
    right = oracle(city, frames, until)

    for where, tasks in (("history", 0), ("rows", 1)):
        killed = subprocess.run(
            (sys.executable, "-m", "tests.connectors.reprocess.killed", run, where),
            capture_output=True,
            timeout=120,
            check=False,
        )
        assert killed.returncode == -signal.SIGKILL, killed.stderr
        (told,) = done("status")
        assert (told["run"], told["state"]) == (run, "interrupted")
        assert told["done"].partition("/")[0] == str(tasks)
        assert stored(city) != right
    assert done("run", "--resume", run, "--jobs", 1)["state"] == "done"
    assert stored(city) == right
    restore(city.client, "observations", run, begun(city))
    assert city.rows() == wrong["observations"]


def test_a_run_writes_nothing_over_a_later_one_and_ctrl_c_breaks_it_off(
    city: City, tmp_path: Path
) -> None:
    sent, until = list(uplinks(6, period=4 * HOUR, start=START - 3 * DAY)), START + 10 * DAY
    declare(city, inventory(tmp_path / "i", slope=1.2))
    frames = city.decoded(sent)
    ingest(city, frames, until)
    declare(city, inventory(tmp_path / "i", slope=0.8))
    run, place, overtaken = begun(city), placed(city), list[str]()

    def overtakes(*_: object) -> None:
        declare(city, inventory(tmp_path / "i", slope=0.9))
        other = begun(city)
        overtaken.append(work(place, other, 1, lambda *_: None, lambda: False).state)

    with pytest.raises(Stop, match="has changed since run"):
        work(place, run, 1, overtakes, lambda: False)
    assert overtaken == ["done"]
    right = oracle(city, frames, until)
    assert stored(city) == right

    with _interrupted() as stop:
        broken = work(place, run, 1, lambda *_: os.kill(os.getpid(), signal.SIGINT), stop.is_set)
    assert (broken.state, len(tasks_done(city.client, run.run))) == ("interrupted", 1)
    ended = work(place, run, 1, lambda *_: None, lambda: False)
    assert (ended.state, ended.counts["samples"]) == ("done", len(sent))
    assert stored(city) == right


def test_what_came_late_is_settled_at_night_and_a_cancelled_run_gives_its_days_back(
    city: City, tmp_path: Path
) -> None:
    sent, until = list(uplinks(4, period=HOUR)), START + 10 * DAY
    late = [replace(u, arrival=START + 7 * DAY) for u in sent if u.at // HOUR % 17 == 3]
    later = [replace(u, arrival=START + 11 * DAY) for u in sent if u.at // HOUR % 29 == 5]
    timely = [u for u in sent if u.at // HOUR % 17 != 3 and u.at // HOUR % 29 != 5]
    late = [u for u in late if u.at // HOUR % 29 != 5]
    declare(city, inventory(tmp_path / "i", slope=1.2))
    frames, behind = city.decoded(timely), city.decoded(late)
    ingest(city, [*frames, city.tick(START + 7 * DAY), *behind], until)
    city.publish_frames([*frames, *behind])
    assert len(city.rows()) == len(timely)
    days = len({(u.device, u.at // DAY) for u in late})

    now = count(START + 12 * DAY).__next__
    place = Place(city.settings, city.client, city.wire, NETWORKS, now)
    with sinking(city.settings):
        becomes(lambda: pending(city) == days)
        found = tonight(place, city.registry, 0)
        run = begin(place, found, "settle", "scheduler", "a night").run
        becomes(lambda: pending(city) == 0)
        assert ask(city.client, "counts")[0]["pending_days"] == days
        assert vigie("reprocess", "cancel", run).exit_code == 0
        becomes(lambda: pending(city) == days)

        assert settled(city.settings, NETWORKS, threading.Event(), now)
        becomes(lambda: pending(city) == 0)
        assert not settled(city.settings, NETWORKS, threading.Event(), now)
    assert ask(city.client, "counts")[0]["pending_days"] == 0
    (told,) = [r for r in done("status") if r["state"] == "done"]
    assert (told["what"], told["author"], told["judged"] > 0) == ("settle", "scheduler", True)

    assert stored(city) == oracle(city, [*frames, *behind], until, patience=240)

    # A month on, readings has forgotten what came late: it is decoded again, out of uplinks.
    last = city.decoded(later)
    city.publish_uplinks(later)
    with sinking(city.settings):
        city.store(city.judged([*last, city.tick(START + 14 * DAY)]))
        becomes(lambda: pending(city) == len({(u.device, u.at // DAY) for u in later}))
        now = count(START + 45 * DAY).__next__
        assert settled(city.settings, NETWORKS, threading.Event(), now)
        becomes(lambda: pending(city) == 0)
    every = [*frames, *behind, *city.decoded(later, city.registry.sequence)]
    assert stored(city) == oracle(city, every, START + 14 * DAY, patience=480)


def test_a_codec_run_decodes_what_is_old_and_hands_to_live_what_it_still_looks_at(
    city: City, tmp_path: Path
) -> None:
    sent, until = list(uplinks(6, period=2 * HOUR)), START + 6 * DAY
    declare(city, inventory(tmp_path / "i", slope=1.2))
    ingest(city, city.decoded(sent), until)
    city.publish_uplinks(sent)
    wrong = stored(city)
    with sinking(city.settings):
        declare(city, inventory(tmp_path / "i", slope=1.2, divisor=4))
        becomes(lambda: pending(city) == 12)
        ran = done("run", "--pending", "--jobs", 1, *WHO)
        becomes(lambda: pending(city) < 12)
    right = oracle(city, city.decoded(sent, city.registry.sequence), until)

    edge = until - city.settings.horizon_hours * HOUR
    half = city.rows()
    for key, row in half.items():
        old = micros(row["observed_at"]) < edge
        assert row == (right if old else wrong)["observations"][key]
    wanted = {device: [(START, until)] for device in DEVICES}
    handed = [
        Record("readings", 0, i, device.encode(), city.wire.encode("Frame", frame))
        for i, (device, _, _, frame) in enumerate(readings(city.settings, city.wire, wanted, START))
    ]
    assert ran["counts"]["to_live"] == len(handed) >= 48
    city.store(city.judged([*handed, city.tick(until)]))
    assert stored(city) == right

    with sinking(city.settings):
        assert done("run", "--pending", "--jobs", 1, *WHO)["written"] == 0
    assert stored(city) == right


def judged(city: City, hours: range) -> set[tuple[str, int, int]]:
    """Device, what the comparison with others says and the flag, of samples of these hours."""
    return {
        (row["device"], row["tests"]["neighbours"], row["flag"])
        for row in city.rows().values()
        if (micros(row["observed_at"]) - START) // HOUR in hours
    }


def quarters(city: City) -> dict[tuple[str, int], tuple[int, int]]:
    """Good and suspect samples by device and quarter of an hour; what is held over the others
    counts none."""
    return {
        (device, (micros(start) - START) * 4 // HOUR): (row["good"], row["suspect"])
        for (_, device, _, start, duration), row in city.rows("windows").items()
        if duration == 900
    }


def test_who_says_something_else_than_its_neighbours_is_suspect_after_the_night(
    city: City, tmp_path: Path
) -> None:
    """The last of six says 80 of a level of 40 on the second day, from noon to midnight."""
    odd, hours, city.devices = SQUARE[-1], range(36, 48), SQUARE
    sent = [
        Uplink(name, i, at, 160 if name == odd and i in hours else 80, at + 2_000_000)
        for i, at in ((i, START + i * HOUR) for i in range(48))
        for name in SQUARE
    ]
    declare(city, square(tmp_path / "i"))
    ingest(city, city.decoded(sent), START + 3 * DAY)

    before = quarters(city)
    assert judged(city, range(48)) == {(name, UNKNOWN, GOOD) for name in SQUARE}
    night = threading.Event()
    with sinking(city.settings):
        assert settled(city.settings, NETWORKS, night, count(START + 3 * DAY).__next__)
        assert judged(city, range(24)) == {(name, GOOD, GOOD) for name in SQUARE}
        assert judged(city, range(24, 48)) == {(name, UNKNOWN, GOOD) for name in SQUARE}
        assert quarters(city) == before

        city.store(city.judged([city.tick(START + 4 * DAY)]))
        assert settled(city.settings, NETWORKS, night, count(START + 4 * DAY).__next__)
        assert not settled(city.settings, NETWORKS, night, count(START + 4 * DAY).__next__)
    assert judged(city, hours) == {
        (name, *(2 * [SUSPECT if name == odd else GOOD])) for name in SQUARE
    }
    assert judged(city, range(36)) == {(name, GOOD, GOOD) for name in SQUARE}
    after = quarters(city)
    moved = {key: after.get(key, (0, 0)) for key in before if after.get(key, (0, 0)) != before[key]}
    assert moved == {(odd, hour * 4): (0, 1) for hour in hours}

    named = [word for name in SQUARE for word in ("--device", name)]
    assert done("run", *named, "--jobs", 1, *WHO)["written"] == 0
