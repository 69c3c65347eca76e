"""``vigie erase`` on real servers: one of two devices is gone from every topic and table, byte by
byte, the other is as it was, and judging goes on."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from connectors.erasure.concern import trace
from connectors.erasure.receipt import digest
from streams.metrics import HEALED
from streams.settings import Settings
from streams.topics import ALL, CLOCK, DEAD_LETTERS, REGISTRY, UPLINKS
from tests.cli.command_line import vigie
from tests.cli.test_dead_letter_resolving import at, becomes, environment
from tests.pipeline import INVENTORY, Pipeline, device, pipeline, tts

SECOND = 1_000_000
STEP = 600 * SECOND
NOW = time.time_ns() // 1000
START = (NOW - 4 * 3600 * SECOND) // STEP * STEP
GONE, STAYS = "70B3D57ED0000001", "70B3D57ED0000002"
PAYLOAD = {GONE: "3q2+7w==", STAYS: "KgABAg=="}
"""222 and three bytes that nothing else says; 42."""

TRACES = (trace(GONE), trace("3q2+7w=="), trace("DEADBEEF"))


def send(world: Pipeline, name: str, number: int, late: int = SECOND) -> None:
    observed = START + number * STEP
    world.post(name, tts(name, number, at(observed), PAYLOAD[name]), observed + late)


def shared(world: Pipeline, number: int) -> None:
    """One request of both; it dies, since neither has a codec for what SenML says."""
    when = (START + number * STEP) // SECOND
    packs = [{"bn": f"{name}:", "bt": when, "n": "level", "v": 1} for name in (GONE, STAYS)]
    world.post("s", packs, START + number * STEP + SECOND, "senml")


@contextmanager
def turning(world: Pipeline) -> Iterator[None]:
    """Workers that run while the block does."""
    stop = threading.Event()

    def work() -> None:
        while not stop.wait(0.2):
            world.turn()

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(60)


def found(world: Pipeline) -> dict[str, int]:
    """Records in which anything of the erased device can be found, by topic."""
    counts = {}
    for topic in ALL:
        if topic in (REGISTRY, CLOCK):
            continue
        texts = (
            b"\n".join(p for p in (r.key, r.value, *(v for _, v in r.headers)) if p)
            for r in world.records(topic)
        )
        counts[topic.short] = sum(any(t.search(text) for t in TRACES) for text in texts)
    return {name: count for name, count in counts.items() if count}


def stored(world: Pipeline, name: str) -> dict[str, int]:
    """Rows that name a device, by table; what is declared stays."""
    tables = [row[0] for row in world.rows("SHOW TABLES") if row[0].endswith("s")]
    sql = "SELECT count() FROM {} WHERE toString(tuple(*)) LIKE '%{}%'"
    counts = {t: world.rows(sql.format(t, name))[0][0] for t in tables if t != "declarations"}
    return {t: count for t, count in counts.items() if count}


def observations(world: Pipeline, name: str) -> list[tuple[Any, ...]]:
    rows = world.rows(
        "SELECT device, observed_at, value, flag, revision FROM observation ORDER BY ALL"
    )
    return [row for row in rows if row[0] == name]


def told(settings: Settings, home: Path) -> dict[str, str]:
    return environment(settings) | {
        "VIGIE_HOME": str(home),
        "VIGIE_CLICKHOUSE_URL": settings.clickhouse,
        "VIGIE_CLICKHOUSE_DATABASE": settings.clickhouse_database,
        "VIGIE_CLICKHOUSE_PASSWORD": settings.clickhouse_password.get_secret_value(),
    }


def erased(settings: Settings, home: Path, *arguments: str) -> dict[str, Any]:
    done = vigie("erase", *arguments, "--yes", "--output=json", within=300, **told(settings, home))
    assert done.returncode == 0, done.stderr.decode()
    content: dict[str, Any] = json.loads(done.stdout)
    assert content["sha256"] == digest(content)
    [kept] = (home / "receipts").glob(f"*{content['sha256'][:8]}.json")
    assert json.loads(kept.read_text("utf-8")) == content
    assert kept.stat().st_mode & 0o077 == 0
    assert "nothing" in kept.with_suffix(".txt").read_text("utf-8")
    return content


def test_one_of_two_devices_is_gone_from_everywhere(
    apart: Callable[..., Settings], tmp_path: Path
) -> None:
    settings = apart(partitions=2, sink_within=0.1)
    with pipeline(settings, (*INVENTORY, device(GONE), device(STAYS))) as world:
        for number in range(6):
            for name in (GONE, STAYS):
                send(world, name, number)
        shared(world, 6)
        send(world, STAYS, 7)
        world.tick(NOW)
        world.turn()
        becomes(lambda: len(observations(world, STAYS)) == 7)
        becomes(lambda: len(observations(world, GONE)) == 6)
        becomes(lambda: "dead_letters" in stored(world, GONE))
        assert found(world).keys() >= {"uplinks", "readings", "observations", "state"}
        before = observations(world, STAYS)

        with turning(world):
            content = erased(settings, tmp_path, GONE, "--reason=asked for")
        assert found(world) == {}
        assert stored(world, GONE) == {}
        assert observations(world, STAYS) == before
        assert content["requests_shared_with_others"] == {"requests": 1, "devices": 1}
        uplinks = UPLINKS.name(settings.topic_prefix)
        assert sum(part["gone"] for part in content["kafka"][uplinks]) == 7
        assert not any(content["left"].values())
        assert sum(r.key is not None for r in world.records(UPLINKS)) == 7
        assert list(world.records(DEAD_LETTERS)) == []

        healed = [HEALED.labels(host.handler.name)._value.get() for host in world.hosts]
        send(world, GONE, 3, late=3600 * SECOND)
        send(world, STAYS, 9)
        world.turn()
        becomes(lambda: len(observations(world, STAYS)) == 8)
        assert observations(world, GONE) == []
        assert [HEALED.labels(host.handler.name)._value.get() for host in world.hosts] == healed
        assert list(world.records(DEAD_LETTERS)) == []

        with turning(world):
            again = erased(settings, tmp_path, GONE)
        assert sum(part["gone"] for part in again["kafka"][uplinks]) == 1
        assert found(world) == {}

    with pipeline(settings, ()) as restarted:
        restarted.tick(NOW + 60 * SECOND)
        restarted.turn()
        assert [lane.position >= 0 for host in restarted.hosts for lane in host.lanes.values()]
        assert len(observations(restarted, STAYS)) == 8
        assert observations(restarted, GONE) == []


def test_an_interval_goes_and_what_lies_around_it_stays(
    apart: Callable[..., Settings], tmp_path: Path
) -> None:
    settings = apart(partitions=1, sink_within=0.1)
    with pipeline(settings, (*INVENTORY, device(GONE), device(STAYS))) as world:
        for number in range(6):
            send(world, GONE, number)
        world.tick(NOW)
        world.turn()
        becomes(lambda: len(observations(world, GONE)) == 6)
        span = ("--from", at(START + STEP), "--to", at(START + 3 * STEP))
        preview = vigie(
            "erase", GONE, *span, "--dry-run", "--output=json", **told(settings, tmp_path)
        )
        assert json.loads(preview.stdout)[0]["rows"]["observations"] == 2
        assert preview.stderr == b""
        mistyped = vigie("erase", GONE[:-1], "--dry-run", **told(settings, tmp_path))
        assert f"{GONE[:-1]} is not declared: did you mean" in mistyped.stderr.decode()
        with turning(world):
            content = erased(settings, tmp_path, GONE, *span)
        becomes(lambda: len(observations(world, GONE)) == 4)
        assert content["store_rows"]["observations"] >= 2, "and what withdraws them"
        bodies = [r for r in world.records(UPLINKS) if r.key is not None]
        assert len(bodies) == 4
        counted = "SELECT sum(good + unknown + suspect + fail) FROM window GROUP BY duration"
        assert world.rows(counted) == [(4,), (4,)], (
            "windows over the ends of the span are as if new"
        )


def test_what_waits_in_the_spool_or_an_archive_is_said_first(
    apart: Callable[..., Settings], tmp_path: Path
) -> None:
    settings = apart(partitions=1)
    for place, remedy in (
        ("data/spool/1/000000000001-00.segment", b"wait until the webhook has sent them"),
        ("data/archive/2026-01.parquet", b"erases nothing from an archive"),
    ):
        file = tmp_path / place
        file.parent.mkdir(parents=True)
        file.write_bytes(b"x")
        done = vigie("erase", GONE, "--yes", **told(settings, tmp_path))
        assert (done.returncode, done.stdout) == (1, b"")
        assert remedy in done.stderr
        file.unlink()


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ((), 2),
        ((GONE, "--use-case", "u"), 2),
        ((GONE, "--from", "yesterday"), 2),
        ((GONE, "--from", "2026-01-02T00:00:00Z", "--to", "2026-01-01T00:00:00Z"), 2),
        (("no id\n",), 2),
        ((GONE,), 1),
    ],
)
def test_wrong_usage_is_said(servers: Settings, arguments: tuple[str, ...], code: int) -> None:
    done = vigie("erase", *arguments, **environment(servers))
    assert (done.returncode, done.stdout) == (code, b"")
    assert b"Traceback" not in done.stderr
