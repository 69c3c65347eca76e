"""When a record of the past is due, how long it all lasts, what is refused."""

from dataclasses import replace

import pytest

from connectors.replay.pace import ceiling, due, floor, headers, is_copy, seconds, speed
from connectors.replay.plan import (
    check_disk,
    check_live,
    check_period,
    check_side,
    period,
    planned,
)
from connectors.replay.position import Position
from connectors.replay.uplinks import Found
from streams.duration import HOUR, MINUTE
from streams.errors import Stop
from streams.handler import MOVED, Record
from streams.inventory import KINDS
from streams.registry import Registry
from streams.settings import Settings

START = 1_767_571_200_000_000


def record(offset: int, at: int, *headers: tuple[str, bytes]) -> Record:
    return Record("uplinks", 0, offset, b"d", b"x", headers, at // 1000)


def test_what_waited_at_the_door_is_as_late_as_it_was() -> None:
    records = [record(0, START + 5), record(1, START + 9000), record(2, START + 2000)]
    records.append(record(3, START + 20_000))
    assert [(at - START, r.offset) for at, r in due(records, START)] == [
        *((0, 0), (9000, 1), (9000, 2), (20_000, 3)),
    ]
    assert [at - START for at, _ in due(records, START + MINUTE)] == [MINUTE] * 4


def test_a_copy_says_so_and_not_where_it_lay() -> None:
    moved = record(0, START, (MOVED, b"17"), ("own", b"1"))
    copied = replace(moved, headers=tuple(headers(moved)))
    assert not is_copy(moved)
    assert is_copy(copied)
    assert copied.headers[0] == ("own", b"1")
    assert MOVED not in dict(copied.headers)


def test_a_minute_is_rounded_to_either_side() -> None:
    assert (floor(START + 1), ceiling(START + 1)) == (START, START + MINUTE)
    assert (floor(START), ceiling(START)) == (START, START)


@pytest.mark.parametrize("text", ["0", "-1", "inf", "nan", "fast", ""])
def test_what_is_no_speed(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        speed(text)


def test_a_replay_lasts_as_long_as_its_pace_or_its_worker_needs() -> None:
    assert speed("max") is None
    assert seconds(4000, 60, None) == 2.0
    assert seconds(4000, 60, speed("60")) == 60.0
    assert seconds(40_000, 1, speed("60")) == 20.0


def test_the_margin_goes_as_far_as_time_has_come() -> None:
    found = period(START + 1, START + HOUR - 1, 2 * HOUR, START + 90 * MINUTE + 5)
    assert (found.since, found.until) == (START, START + HOUR)
    assert (found.first, found.end) == (START - 2 * HOUR, START + 90 * MINUTE)


def test_what_is_refused_says_why() -> None:
    clock, horizon = START + 100 * HOUR, 48 * HOUR
    young = period(clock - 47 * HOUR, clock - HOUR, 0, clock)
    check_period(young, clock)
    check_live(young, clock, horizon)
    with pytest.raises(Stop, match="side"):
        check_live(replace(young, since=young.since - MINUTE), clock, horizon)
    with pytest.raises(Stop, match="no tick"):
        check_period(young, 0)
    with pytest.raises(Stop, match="wait"):
        check_period(young, young.until - 1)

    check_side(None, young, "")
    check_side(Position(young), replace(young, end=young.end + MINUTE), "")
    with pytest.raises(Stop, match="this side world holds"):
        check_side(Position(young), replace(young, until=young.until + MINUTE), "")
    with pytest.raises(Stop, match="another inventory"):
        check_side(Position(young), young, "digest")


def test_a_plan_counts_devices_that_are_declared(tmp_path: object) -> None:
    body = {"id": "d", "name": "d", "codec": "c", "use_case": "u", "nominal_period": 600}
    registry = Registry().having("device", "d", KINDS["device"].model_validate(body))
    found = Found()
    for offset, key in enumerate([b"d", b"d", b"source", b"\xff"]):
        found.take(replace(record(offset + 7, START), key=key))
    of = period(START, START + HOUR, 0, START + HOUR)
    plan = planned("trial", of, found, registry, None)
    assert (plan.uplinks, plan.devices, plan.sources, plan.minutes) == (4, 1, 2, 60)
    assert plan.bounds == {0: (7, 11)}
    assert plan.disk > plan.size == planned("live", of, found, registry, None).disk
    settings = Settings.model_validate({"home": tmp_path})
    check_disk(settings, plan)
    with pytest.raises(Stop, match="make room"):
        check_disk(settings, replace(plan, disk=1 << 60))
    check_disk(settings.model_copy(update={"kafka_url": "b:9092"}), replace(plan, disk=1 << 60))
