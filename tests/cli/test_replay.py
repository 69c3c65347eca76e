"""``vigie replay``: a period once more beside the live world and into it, on real servers."""

import json
import time
from base64 import b64encode
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from cli.replaying.beside import into_side
from cli.replaying.world import Asked, compared, dropped, planned
from connectors.replay import position as places
from connectors.replay.side import side, sides
from connectors.rfc3339 import text
from embedded.progress import silent
from streams.errors import Stop
from streams.settings import Settings
from streams.ticks import send_ticks
from streams.topics import UPLINKS
from tests.cli.command_line import vigie
from tests.cli.test_dead_letter_resolving import becomes, environment
from tests.pipeline import INVENTORY, Pipeline, device, pipeline, tts

SECOND = 1_000_000
MINUTE = 60 * SECOND
STEP = 10 * MINUTE
FIRST, OTHER, LOST = (f"70B3D57ED000000{n}" for n in (1, 2, 3))
NOW = time.time_ns() // 1000 // MINUTE * MINUTE
START = (NOW - 6 * 60 * MINUTE) // (60 * MINUTE) * 60 * MINUTE
STEPS = 24
END = START + STEPS * STEP
SILENT = range(10, 16)
"""Steps in which the first device says nothing: an hour, of which an alert tells."""


def send(world: Pipeline, name: str, number: int, late: int = SECOND) -> None:
    level = b64encode(bytes([30 + number * 7 % 40])).decode()
    observed = START + number * STEP
    body = tts(name, number, text(observed), level)
    world.post(name, body, observed + late)


def stored(world: Pipeline) -> int:
    return int(world.rows("SELECT count() FROM observation")[0][0])


def live(world: Pipeline) -> None:
    """A few hours of three devices, one of which nobody declared and one falls silent; copies and
    late frames."""
    world.tick(START)
    for number in range(STEPS):
        for name in (FIRST, OTHER, LOST):
            if name != FIRST or number not in SILENT:
                send(world, name, number, late=40 * MINUTE if number % 5 == 2 else SECOND)
        send(world, OTHER, number, late=3 * SECOND)
        minutes(world, START + number * STEP, START + (number + 1) * STEP)
    minutes(world, END, END + 60 * MINUTE)
    world.turn()
    becomes(lambda: stored(world) == 2 * STEPS - len(SILENT))
    becomes(lambda: clock(world) == END + 60 * MINUTE)


def minutes(world: Pipeline, since: int, until: int) -> None:
    """Those after an instant, as the scheduler has them."""
    every = range(since + MINUTE, until + 1, MINUTE)
    send_ticks(world.producer, world.settings, world.wire, *every)


def clock(world: Pipeline) -> int:
    from connectors.store.frontier import stored_until

    return stored_until(world.store, world.settings.partitions)


@pytest.fixture(scope="module")
def world(servers: Settings) -> Iterator[Pipeline]:
    """A live world that has had its hours."""
    from uuid import uuid4

    import httpx

    from streams.kafka import create_topics

    name = f"t{uuid4().hex[:12]}"
    own: dict[str, Any] = {"application": name, "topic_prefix": name, "clickhouse_database": name}
    settings = servers.model_copy(update=own | {"partitions": 2, "sink_within": 0.1})
    create_topics(settings)
    httpx.post(
        settings.clickhouse,
        content=f"CREATE DATABASE IF NOT EXISTS {name}",
        auth=(settings.clickhouse_user, settings.clickhouse_password.get_secret_value()),
    ).raise_for_status()
    with pipeline(settings, (*INVENTORY, device(FIRST), device(OTHER)), alerts=True) as made:
        live(made)
        yield made


def asked(world: Pipeline, name: str | None, folder: Path | None = None) -> Asked:
    if name is None:
        return Asked(world.settings, START, END + 60 * MINUTE, 0, None, None)
    return Asked(world.settings, START, END, 60 * MINUTE, None, name, folder)


def replayed(world: Pipeline, name: str, folder: Path | None = None) -> None:
    wanted = asked(world, name, folder)
    into_side(wanted, planned(wanted, silent), silent)


def inventory(folder: Path) -> Path:
    """One calibration of one device: a percent more."""
    folder.mkdir()
    (folder / "calibrations.yaml").write_text(
        f"calibration:\n  - id: more\n    device: {FIRST}\n    property: level\n"
        "    kind: linear\n    stage: linear\n    params: {a: 1.0, b: 1.0}\n"
    )
    return folder


def test_a_replay_beside_the_live_world_is_equal_and_a_change_shows_exactly(
    world: Pipeline, tmp_path: Path
) -> None:
    folder = inventory(tmp_path / "inventory")
    with ThreadPoolExecutor() as pool:
        same = pool.submit(replayed, world, "same")
        changed = pool.submit(replayed, world, "changed", folder)
        same.result(), changed.result()

    found = compared(world.settings, "same", None, None)
    assert found.equal, found.different()
    totals = found.totals()
    rows = totals["observations"]
    assert rows["live"] == rows["side"] == 2 * STEPS - len(SILENT)
    assert totals["windows"]["live"] == totals["windows"]["side"] > 0
    assert totals["alerts"]["live"] == totals["alerts"]["side"] > 0
    assert "silent" in {row["rule"] for row in found.rows["alerts"]}

    found = compared(world.settings, "changed", None, None)
    assert not found.equal
    (row,) = found.different()["observations"]
    assert (row["device"], row["property"], row["values"], row["biggest"]) == (
        *(FIRST, "level", STEPS - len(SILENT), 1.0),
    )
    assert (row["flags"], row["only_live"], row["only_side"]) == (0, 0, 0)
    (windows,) = found.different()["windows"]
    assert windows["device"] == FIRST
    assert windows["statistics"] == windows["live"] == windows["side"]

    kept = own_uplinks(world, world.settings)
    assert own_uplinks(world, side(world.settings, "same")) == kept
    with pytest.raises(Stop, match="another inventory"):
        planned(asked(world, "same", folder), silent)
    assert [name for name, _ in sides(world.settings)] == ["changed", "same"]
    dropped(world.settings, "changed")
    assert [name for name, _ in sides(world.settings)] == ["same"]
    with pytest.raises(Stop, match="not done"):
        compared(world.settings, "changed", None, None)


def own_uplinks(world: Pipeline, settings: Settings) -> list[tuple[Any, ...]]:
    """What a world has, byte for byte, with its partition and timestamp, in its order."""
    other = Pipeline(settings, world.wire, [], world.store)
    return [
        (r.partition, r.key, r.value, r.timestamp)
        for r in other.records(UPLINKS)
        if world.wire.decode(r.value)[0] == "Uplink"
    ]


def test_what_was_lost_comes_into_the_live_world_once(world: Pipeline) -> None:
    before, kept = stored(world), own_uplinks(world, world.settings)
    world.declare(device(LOST))
    time.sleep(1.5)  # a worker looks for what is declared once a second at most
    wanted = asked(world, None)
    plan = planned(wanted, silent)
    assert (plan.uplinks, plan.devices, plan.sources) == (len(kept), 3, 0)

    with ThreadPoolExecutor() as pool:
        span = f"--from={text(wanted.since)}", f"--to={text(wanted.until)}"
        asked_for = pool.submit(vigie, "replay", "run", *span, "--yes", **own(world.settings))
        while not asked_for.done():
            world.turn()
            time.sleep(0.1)
    done, known = asked_for.result(), 2 * STEPS - len(SILENT)
    assert done.returncode == 0, done.stderr.decode()
    assert f"{STEPS} new frames, {known} known" in done.stderr.decode()
    assert stored(world) == before + STEPS
    assert planned(wanted, silent).uplinks == plan.uplinks, "copies are not sent again"


def test_what_would_hurt_is_refused(world: Pipeline) -> None:
    long_ago = replace(asked(world, None), since=START - 72 * 60 * MINUTE)
    with pytest.raises(Stop, match="--side"):
        planned(long_ago, silent)
    for name in (None, "trial"):
        with pytest.raises(Stop, match="end it earlier, or wait"):
            planned(replace(asked(world, name), until=NOW + 60 * MINUTE), silent)
    with pytest.raises(Stop, match="is over by then"):
        planned(replace(asked(world, "trial"), until=START), silent)
    with pytest.raises(Stop, match="letters and digits"):
        planned(asked(world, "../x"), silent)


def own(settings: Settings) -> dict[str, str]:
    """A world's settings for a command of its own."""
    return environment(settings) | {
        "VIGIE_CLICKHOUSE_URL": settings.clickhouse,
        "VIGIE_CLICKHOUSE_USER": settings.clickhouse_user,
        "VIGIE_CLICKHOUSE_PASSWORD": settings.clickhouse_password.get_secret_value(),
        "VIGIE_CLICKHOUSE_DATABASE": settings.clickhouse_database,
    }


def test_without_a_yes_there_is_only_a_plan(world: Pipeline) -> None:
    done = vigie(
        *("replay", "run", f"--from={text(START)}", f"--to={text(END)}", "--side=never"),
        "--output=json",
        **own(world.settings),
    )
    plan = json.loads(done.stdout)
    assert (done.returncode, plan["target"], plan["resumed"]) == (0, "never", False)
    assert b"say --yes" in done.stderr
    assert places.read(side(world.settings, "never").home) is None
