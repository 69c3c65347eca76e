"""Conditions through the handler: one result whatever the order, the batches and the restarts, and
it is that of the oracle."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.condition_plan import CONDITIONS
from streams.conditions import Condition, Evidence
from streams.diagnosis import Diagnosis
from streams.handler import Record
from streams.topics import CONDITIONS as TOPIC
from tests.agreement.core import WIRE, declared, tick
from tests.oracle import conditions as oracle
from tests.streams.conditions.feed import (
    DAY,
    HORIZON,
    HOUR,
    MINUTE,
    SECOND,
    START,
    Worker,
    city,
    every,
    frame,
)

PATIENCE = 2700 * SECOND
LEVELS, HYSTERESIS = (2.0, 3.0, 4.0), 0.5
REGISTRY = city({"conditions": {"threshold": {"levels": LEVELS, "hysteresis": HYSTERESIS}}})
VALUES = (None, 1.0, 1.6, 2.0, 2.7, 3.0, 3.4, 4.1)

Event = tuple[int, int, float | None, int]
"""When the network received a frame, when it came, its level, its counter."""


def script(random: Random, days: int) -> list[Event]:
    """Frames of some days, some late, some without a level, some lost."""
    found: list[Event] = []
    at, counter = START, 0
    while at < START + days * DAY:
        value, delay = random.choice(VALUES), random.choice([0] * 9 + [600, 3600, 8 * 3600])
        for _ in range(random.choice((1, 3, 9))):
            at += random.choice([900] * 20 + [1800, 2700, 2701, 9000, 40_000]) * SECOND
            counter = 0 if random.random() < 0.02 else counter + random.choice((0, 1, 1, 1, 2, 4))
            found.append((at, at + delay * SECOND, value, counter))
    return found


def records(events: Sequence[Event]) -> list[Record]:
    """Frames and ticks as they come."""
    of = [(a, frame(t, v, arrival=a, counter=n, gateways=_gateways(n))) for t, a, v, n in events]
    end = max(a for a, _ in of) + 2 * HOUR
    of += [(t, tick(t)) for t in range(START, end, 10 * MINUTE)]
    return [record for _, record in sorted(of, key=lambda pair: pair[0])] + [tick(end)]


def _gateways(counter: int) -> list[str]:
    return [f"g{i}" for i in range(6) if counter >> i & 1]


def played(
    given: Sequence[Record], random: Random, horizon: int = HORIZON, restarts: float = 0.2
) -> Worker:
    """In batches of any size, the worker restarted now and then."""
    worker, place = Worker(REGISTRY, horizon), 0
    while place < len(given):
        size = random.choice((1, 7, 100, 1000))
        worker.run(*given[place : place + size])
        place += size
        if random.random() < restarts:
            worker.restart()
    return worker


def disagreement(events: Sequence[Event], worker: Worker) -> list[object]:
    """What the oracle says otherwise."""
    frames = [(at, value) for at, _, value, _ in events]
    expected = {
        "silent": oracle.silent([e[:2] for e in events], PATIENCE, DAY, worker.clock),
        "quiet": oracle.quiet(frames, PATIENCE),
        "threshold": oracle.threshold(frames, LEVELS, HYSTERESIS),
    }
    return [(k, said, worker.of(k)) for k, said in expected.items() if said != worker.of(k)]


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 1 << 32))
def test_in_any_batches_over_weeks_with_restarts_it_is_what_the_oracle_says(seed: int) -> None:
    random = Random(seed)
    events = [(at, at, value, n) for at, _, value, n in script(random, days=7)]
    given = records(events)
    worker = played(given, random)
    assert disagreement(events, worker) == []
    assert worker.found == played(given, Random(1), restarts=0).found


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 1 << 32))
def test_in_any_order_and_any_number_of_copies_it_is_what_the_oracle_says(seed: int) -> None:
    random = Random(seed)
    events = script(random, days=2)
    given = records(events)
    mixed = [*given, *random.sample(given, len(given) // 3)]
    random.shuffle(mixed)
    worker = played([*mixed, given[-1]], random, horizon=10 * DAY)
    assert disagreement(events, worker) == []
    in_order = played(given, random, horizon=10 * DAY)
    assert worker.found == in_order.found


@pytest.mark.parametrize("seed", range(3))
def test_what_is_said_and_kept_is_the_same_without_the_cheap_looks(
    monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    given = records(script(Random(seed), days=6))
    cheap = played(given, Random(seed))
    assert len({record["kind"] for record in cheap.told}) > 3
    for name, kind in CONDITIONS.items():
        monkeypatch.setitem(CONDITIONS, name, replace(kind, idle=lambda *_: False))
    whole = played(given, Random(seed))
    assert cheap.told == whole.told
    assert cheap.kept == whole.kept


def _patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("streams.conditions.Evidence._wait", staticmethod(lambda p, n, least: 1))


def _late_is_life(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("streams.conditions.silent.TIMELY", DAY)


def _forgetful(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was said before the evidence begins is lost."""
    name = "streams.conditions.Condition.open_at"
    monkeypatch.setattr(name, lambda self, instant: False)


def _without_the_last(kind: str) -> Callable[[pytest.MonkeyPatch], None]:
    def wrong(monkeypatch: pytest.MonkeyPatch) -> None:
        right = CONDITIONS[kind]

        def find(given: Evidence, params: Any, said: Sequence[Condition]) -> list[Condition]:
            return right.find(given, params, said)[:-1]

        monkeypatch.setitem(CONDITIONS, kind, replace(right, find=find))

    return wrong


def _no_hysteresis(monkeypatch: pytest.MonkeyPatch) -> None:
    right = CONDITIONS["threshold"]

    def find(given: Evidence, params: Any, said: Sequence[Condition]) -> list[Condition]:
        return right.find(given, params.model_copy(update={"hysteresis": 0}), said)

    monkeypatch.setitem(CONDITIONS, "threshold", replace(right, find=find))


Wrong = Callable[[pytest.MonkeyPatch], None]
WRONG: list[Wrong] = [_patience, _late_is_life, _forgetful, _no_hysteresis]
WRONG += [_without_the_last(kind) for kind in ("quiet", "silent")]


@pytest.mark.parametrize("wrong", [None, *WRONG])
def test_one_wrong_thing_and_the_oracle_disagrees(
    monkeypatch: pytest.MonkeyPatch, wrong: Wrong | None
) -> None:
    events = script(Random(5), days=7)
    if wrong:
        wrong(monkeypatch)
    assert bool(disagreement(events, played(records(events), Random(2)))) == bool(wrong)


def test_a_tick_goes_out_behind_the_conditions_of_its_batch_with_its_partition_as_key() -> None:
    worker = Worker(REGISTRY)
    worker.run(*every(900, START, START + 2 * HOUR))
    minute = tick(START + 4 * HOUR)
    effects, _ = worker.handler.handle(worker.state, worker.clock, [replace(minute, partition=3)])
    out = [o for o in effects.outputs if o.topic is TOPIC]
    assert [WIRE.decode(o.value)[0] for o in out] == ["Condition", "Tick"]
    assert [(o.key, o.partition) for o in out] == [(b"D", 0), (b"3", 0)]
    said = WIRE.decode(out[0].value)[1]
    assert said["updated_at"] == START + 4 * HOUR
    assert said["network"] == "tts"


def test_a_device_in_the_field_that_was_never_heard_is_told_by_its_own_partition_only() -> None:
    place = {"id": "p", "device": "D", "site": "s", "commune": "13055"}
    where = place | {"latitude": 43.3, "longitude": 5.4, "from": "2026-02-16T12:00:00Z"}
    told = []
    for partition in range(4):
        worker = Worker(city(more=[("deployment", where)]), partitions=4)
        minutes = [tick(at) for at in range(START, START + 14 * HOUR, HOUR)]
        worker.run(*(replace(minute, partition=partition) for minute in minutes))
        told.append(worker.restart().run(replace(tick(START + 15 * HOUR), partition=partition)))
    assert [w.of("silent") for w in told if w.found] == [[(START + 12 * HOUR + PATIENCE, None, 2)]]


def test_nobody_is_silent_in_a_time_in_which_nobody_listened() -> None:
    place = {"id": "p", "device": "D", "site": "s", "commune": "13055"}
    where = place | {"latitude": 43.3, "longitude": 5.4, "from": "2020-01-01T00:00:00Z"}
    worker = Worker(city(more=[("deployment", where)])).run(tick(START))
    assert worker.run(tick(START + HOUR // 2)).found == {}
    assert worker.run(tick(START + HOUR)).of("silent") == [(START + PATIENCE, None, 2)]


def test_a_device_that_was_taken_away_is_not_silent_any_more() -> None:
    place = {"id": "p", "device": "D", "site": "s", "commune": "13055"}
    span = {"from": "2026-02-01T00:00:00Z", "to": "2026-02-16T06:00:00Z"}
    where = place | {"latitude": 43.3, "longitude": 5.4} | span
    worker = Worker(city(more=[("deployment", where)]))
    worker.run(*every(900, START, START + 2 * HOUR), tick(START + 4 * HOUR))
    (opened, closed, _) = worker.of("silent")[0]
    assert closed is None
    worker.restart().run(tick(START + 10 * HOUR))
    assert worker.of("silent") == [(opened, START + 6 * HOUR, 2)]


def test_a_device_that_is_not_declared_any_more_has_nothing_wrong() -> None:
    worker = Worker(REGISTRY).run(*every(900, START, START + 2 * HOUR), tick(START + 4 * HOUR))
    worker.current = REGISTRY.having("device", "D", None)
    worker.run(tick(START + 5 * HOUR))
    assert [closed for _, closed, _ in worker.of("silent")] == [START + 5 * HOUR]
    assert b"memory/D" not in worker.kept


def test_what_is_erased_was_never_said_and_leaves_no_gap() -> None:
    worker = Worker(REGISTRY)
    values = [frame(at, 4.5) for at in range(START + DAY, START + DAY + HOUR, 900 * SECOND)]
    quiet = every(900, START, START + DAY), every(900, START + DAY + HOUR, START + DAY + 5 * HOUR)
    worker.run(*quiet[0], *values, *quiet[1])
    assert worker.of("threshold") == [(START + DAY, START + DAY + HOUR, 3)]
    span = {"from": "2026-02-16T22:00:00Z", "to": "2026-02-17T04:00:00Z"}
    ((_, erasure),) = declared([("erasure", {"id": "e", "device": "D"} | span)])
    worker.current = REGISTRY.having("erasure", "e", erasure)
    worker.run(tick(START + DAY + 5 * HOUR))
    assert worker.found == {}
    assert b"4.5" not in worker.kept[b"memory/D"]


def test_parameters_that_change_are_looked_for_anew() -> None:
    worker = Worker(REGISTRY).run(*every(900, START, START + 2 * HOUR, level=2.2))
    assert worker.of("threshold") == [(START, None, 1)]
    worker.current = city({"conditions": {"threshold": {"levels": [2.0, 2.1]}}})
    worker.run(tick(START + 2 * HOUR))
    assert worker.of("threshold") == [(START, None, 2)]
    worker.current = city({"conditions": {"threshold": False}})
    worker.run(tick(START + 3 * HOUR // 2))
    assert worker.of("threshold") == [(START, START + 2 * HOUR, 2)]


def looks(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The devices that are looked at from now on."""
    looked: list[str] = []
    right = Diagnosis.look

    def look(self: Diagnosis, device: str, *given: Any) -> None:
        looked.append(device)
        right(self, device, *given)

    monkeypatch.setattr(Diagnosis, "look", look)
    return looked


def test_of_all_devices_only_those_are_looked_at_whose_time_has_come(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    names = [f"D{i}" for i in range(20)]
    worker = Worker(city(devices=names))
    worker.run(*(frame(START + i * MINUTE, device=name) for i, name in enumerate(names)))
    looked = looks(monkeypatch)
    worker.run(tick(START + PATIENCE - 1))
    assert looked == []
    worker.run(tick(START + PATIENCE + 2 * MINUTE))
    assert looked == ["D0", "D1", "D2"]
    assert {name[0] for name in worker.found} == set(looked)


def test_another_device_that_is_declared_makes_none_be_looked_at_but_itself(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Neither who is heard, nor who stands somewhere and was never heard."""
    place = {"site": "s", "commune": "13055", "latitude": 43.3, "longitude": 5.4}
    stand = [
        ("deployment", {"id": name, "device": name, "from": "2026-02-01T00:00:00Z", **place})
        for name in ("D0", "D2")
    ]
    worker = Worker(city(devices=["D0", "D1", "D2"], more=stand))
    worker.run(frame(START, device="D0"), frame(START, device="D1"))
    looked = looks(monkeypatch)
    own = {"name": "E", "codec": "c", "use_case": "u", "nominal_period": 900}
    there = {"device": "E", "from": "2026-02-01T00:00:00Z", **place}
    more = declared([("device", {"id": "E", **own}), ("deployment", {"id": "E", **there})])
    worker.current = worker.current.after((kind, each.id, each) for kind, each in more)
    worker.run(tick(START + MINUTE))
    assert looked == ["E"]
    worker.restart().run(tick(START + 2 * MINUTE))
    assert sorted(set(looked)) == ["D0", "D1", "D2", "E"]
    worker.run(tick(START + 2 * HOUR))
    assert {name[0] for name in worker.found} == {"D0", "D1", "D2", "E"}


def test_it_is_no_matter_whether_somebody_looked_when_nothing_came() -> None:
    """A series that was quiet for a while and has not come for days is known no more: a device
    that talks again is looked at by what it says."""
    both = {"values": {"humidity": 50.0}}

    def told(looks: bool) -> Worker:
        worker = Worker(city())
        worker.run(*every(900, START, START + 6 * HOUR, **both))
        worker.run(*every(900, START + 6 * HOUR, START + 9 * HOUR))
        worker.run(*every(900, START + 9 * HOUR, START + 12 * HOUR, **both))
        assert [closed for _, closed, _ in worker.of("quiet")] == [START + 9 * HOUR]
        worker.run(*(tick(START + n * HOUR) for n in range(12, 96)))
        if looks:
            worker.restart()
        return worker.run(tick(START + 4 * DAY)).run(frame(START + 4 * DAY + 1))

    assert told(looks=True).found == told(looks=False).found


def test_what_is_declared_of_a_use_case_reaches_a_device_that_has_lost_a_series() -> None:
    worker = Worker(city())
    worker.run(frame(START, values={"humidity": 50.0}))
    worker.run(*(frame(START + n * HOUR) for n in range(1, 60)))
    assert ("humidity", "") not in worker.state.look("D").series
    said = {"id": "u", "title_fr": "u", "title_en": "u"}
    said |= {"conditions": {"threshold": {"levels": [0.5]}}}
    ((kind, case),) = declared([("use_case", said)])
    worker.current = worker.current.having(kind, "u", case)
    worker.run(tick(START + 60 * HOUR))
    assert [level for *_, level in worker.of("threshold")] == [1]
