"""The plan of a city: drawn from the seed, complete, and wrong where it says so."""

from collections import Counter
from datetime import UTC, datetime

import pytest

from connectors.simulator.city import FEWEST, city
from connectors.simulator.plan import Plan, plan
from connectors.simulator.signals import SLOT
from streams.duration import MINUTE, SECOND

START = datetime(2026, 10, 23, tzinfo=UTC)


@pytest.fixture(scope="module")
def four_days() -> Plan:
    return plan(seed=7, start=START, days=4, devices=30)


def test_the_same_seed_gives_the_same_plan(four_days: Plan) -> None:
    assert plan(seed=7, start=START, days=4, devices=30) == four_days


def test_another_seed_gives_another_city(four_days: Plan) -> None:
    other = plan(seed=8, start=START, days=4, devices=30)
    assert not {s.eui for s in other.sensors} & {s.eui for s in four_days.sensors}
    assert [p.arrival for p in other.posts] != [p.arrival for p in four_days.posts]


def test_three_gauges_to_two_meters_half_on_each_network(four_days: Plan) -> None:
    assert Counter(s.model.use_case for s in four_days.sensors) == {"pav": 18, "noise": 12}
    assert Counter(s.network for s in four_days.sensors) == {"tts": 15, "chirpstack": 15}
    assert len({s.eui for s in four_days.sensors}) == 30
    assert len({s.place.commune for s in four_days.sensors}) >= 6


@pytest.mark.parametrize("devices", [0, FEWEST - 1, 10_001])
def test_a_city_of_no_use_is_refused(devices: int) -> None:
    with pytest.raises(ValueError, match="devices"):
        city(1, devices)


@pytest.mark.parametrize(
    ("start", "days"),
    [
        (datetime(2026, 10, 23, 1, tzinfo=UTC), 1),
        (START, 0),
        (START.replace(tzinfo=None), 1),
    ],
)
def test_a_plan_starts_at_midnight_utc_and_has_a_day(start: datetime, days: int) -> None:
    with pytest.raises(ValueError, match="UTC"):
        plan(1, start, days, 10)


@pytest.mark.parametrize("minutes", [15, 60])
def test_steps_hold_every_post_once_and_in_order(four_days: Plan, minutes: int) -> None:
    steps = list(four_days.steps(minutes * MINUTE))
    assert [post for _, posts in steps for post in posts] == list(four_days.posts)
    assert len(steps) == 4 * 1440 // minutes
    for end, posts in steps:
        assert all(end - minutes * MINUTE <= p.arrival < end for p in posts)
    assert steps[-1][0] == four_days.end


def test_every_frame_is_delivered_and_only_the_lost_hour_is_not(four_days: Plan) -> None:
    assert {id(p.frame) for p in four_days.posts} == {id(f) for f in four_days.frames}
    (lost,) = (f for f in four_days.faults if f.kind == "lost")
    silent = sum(s.network == lost.target for s in four_days.sensors) * 4
    assert len(four_days.frames) == 30 * 384 - silent
    assert not any(
        f.sensor.network == lost.target and lost.since <= f.counter < lost.until
        for f in four_days.frames
    )


def test_some_frames_come_twice_and_some_hours_late(four_days: Plan) -> None:
    copies = Counter(id(p.frame) for p in four_days.posts)
    assert 0.03 < sum(n == 2 for n in copies.values()) / len(four_days.frames) < 0.07
    lateness = [p.arrival - p.frame.observed_at for p in four_days.posts]
    assert min(lateness) > 0
    assert 60 * MINUTE < max(lateness) < 7 * 60 * MINUTE


def test_a_sensor_has_one_frame_a_slot_never_near_its_edge(four_days: Plan) -> None:
    for frame in four_days.frames:
        into = frame.observed_at - four_days.start - frame.counter * SLOT * SECOND
        assert 20 * SECOND < into < (SLOT - 20) * SECOND


@pytest.mark.parametrize("days", [1, 4])
@pytest.mark.parametrize("seed", range(5))
def test_each_kind_of_fault_is_there_and_leaves_its_mark(seed: int, days: int) -> None:
    wrong = plan(seed, START, days, 10)
    assert Counter(f.kind for f in wrong.faults) == {
        "stuck": 1,
        "lost": 1,
        "spike": 2,
        "null": 1,
        "invalid": 1,
    }
    for fault in wrong.faults:
        hit = [f for f in wrong.frames if fault.hits(f.sensor, f.counter)]
        assert len(hit) == (0 if fault.kind == "lost" else fault.until - fault.since)
        if fault.kind == "invalid":
            assert not hit[0].intact
        elif fault.kind != "lost":
            assert {f.tenths for f in hit} == {fault.reported}
