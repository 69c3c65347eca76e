"""What is erased leaves the state, is withdrawn, and does not come back; the rest is untouched."""

from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from streams.handler import Effects, Record
from streams.inventory import EVER, Erasure
from streams.memory import forgotten, memory_key
from streams.reach import reach_key
from streams.registry import Registry
from tests.agreement.core import Core, record, tick
from tests.agreement.test_any_order import DEVICES, HOUR, MIDNIGHT, NORM, REGISTRY
from tests.oracle.declared import SECOND, Frame, Measure
from tests.oracle.differences import differences
from tests.oracle.observations import observations
from tests.oracle.windows import windows

STEP = 300 * SECOND
GONE, STAYS = DEVICES


def erasing(registry: Registry, **span: str) -> Registry:
    body = {"id": "e", "device": GONE, **span}
    return registry.having("erasure", "e", Erasure.model_validate(body))


def frames(count: int = 24) -> list[Frame]:
    return [
        Frame(
            bytes([n + 1, place]) + bytes(14),
            name,
            MIDNIGHT + n * STEP + SECOND,
            MIDNIGHT + n * STEP,
            (Measure("level", 20.0 + n), Measure("sound", 50.0 + n)),
        )
        for n in range(count)
        for place, name in enumerate(DEVICES)
    ]


def of(core: Core, name: str, device: str) -> dict[Any, Any]:
    return {key: row for key, row in core.said.current(name).items() if key[0] == device}


@pytest.mark.parametrize("later", [0, 3 * HOUR])
def test_a_device_is_forgotten_wholly_and_the_other_stays_as_it_was(later: int) -> None:
    core = Core(REGISTRY, 48 * HOUR)
    core.run([record(f) for f in frames()])
    assert {reach_key(GONE), memory_key(GONE)} <= core.stored.keys()
    other = {name: of(core, name, STAYS) for name in ("Observation", "Window")}
    assert other["Observation"]
    core.registry = erasing(core.registry)
    core.run([tick(core.clock + later)])
    for name in ("Observation", "Window"):
        assert of(core, name, GONE) == {}
        assert of(core, name, STAYS) == other[name]
    assert not [key for key in core.stored if GONE.encode() in key]
    assert [key for key in core.stored if STAYS.encode() in key]
    assert core.said.faults == []


@pytest.mark.parametrize("key", [reach_key(GONE), memory_key(GONE)])
def test_a_removal_tells_of_a_device_whose_whole_past_is_erased(key: bytes) -> None:
    wholly = [(EVER, MIDNIGHT)]
    assert forgotten(key, None, GONE, wholly)
    assert not forgotten(key, b"1", GONE, wholly)
    assert not forgotten(key, None, STAYS, wholly)
    assert not forgotten(key, None, GONE, [(0, MIDNIGHT)])


@pytest.mark.parametrize("restarted", [False, True])
def test_a_late_copy_brings_nothing_back(restarted: bool) -> None:
    core = Core(erasing(REGISTRY), 48 * HOUR)
    if restarted:
        core.restart()
    effects: Effects
    effects, core.clock = core.handler.handle(core.state, core.clock, [record(f) for f in frames()])
    assert effects.erased == 24
    core.said.take(effects.outputs)
    assert of(core, "Observation", GONE) == {}
    assert (core.said.letters, core.said.pending) == (0, set())
    assert not [key for key in effects.state if GONE.encode() in key]


def test_what_is_erased_is_no_letter_though_its_device_is_not_declared() -> None:
    core = Core(erasing(REGISTRY).having("device", GONE, None), 48 * HOUR)
    core.run([record(f) for f in frames()])
    assert core.said.letters == 0


def test_a_device_that_was_withdrawn_from_the_inventory_is_still_forgotten() -> None:
    core = Core(REGISTRY, 48 * HOUR)
    core.run([record(f) for f in frames()])
    core.registry = erasing(core.registry).having("device", GONE, None)
    core.run([tick(MIDNIGHT + 3 * HOUR)])
    assert of(core, "Observation", GONE) == {}
    assert not [key for key in core.stored if GONE.encode() in key]


def test_what_is_older_than_the_horizon_is_withdrawn_too() -> None:
    core = Core(REGISTRY, HOUR)
    core.run([record(f) for f in frames(8)])
    core.run([tick(MIDNIGHT + HOUR + HOUR // 4)])
    assert of(core, "Observation", GONE)
    core.registry = erasing(core.registry)
    core.run([tick(MIDNIGHT + HOUR + HOUR // 3)])
    assert of(core, "Observation", GONE) == {}


def test_values_of_their_own_times_are_erased_by_them() -> None:
    """A logger that sends, after the interval, what it measured within it and before it."""
    inside, before = MIDNIGHT + 1800 * SECOND, MIDNIGHT - STEP
    measures = (
        Measure("level", 1.0, "a", inside),
        Measure("level", 2.0, "b", before),
        Measure("level", 3.0, "c"),
    )
    sent = Frame(b"x" * 16, GONE, MIDNIGHT + 3 * HOUR, MIDNIGHT + 2 * HOUR, measures)
    span = {"from": "2026-05-27T00:00:00Z", "to": "2026-05-27T01:00:00Z"}
    core = Core(erasing(REGISTRY, **span), 48 * HOUR)
    core.run([record(sent)])
    assert sorted(key[2] for key in of(core, "Observation", GONE)) == ["b", "c"]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    start=st.integers(0, 30),
    size=st.integers(1, 30),
    rng=st.randoms(use_true_random=False),
    when=st.integers(0, 4),
)
def test_whenever_it_is_declared_what_stays_is_judged_as_if_the_rest_had_never_come(
    start: int, size: int, rng: Random, when: int
) -> None:
    minutes = start * 3, (start + size) * 3
    span = {
        end: f"2026-05-27T{m // 60:02}:{m % 60:02}:00Z"
        for end, m in zip(("from", "to"), minutes, strict=True)
    }
    sent = frames(20)
    rng.shuffle(sent)
    core = Core(REGISTRY, 48 * HOUR)
    quarter = len(sent) // 4
    for part in range(5):
        if part == when:
            core.registry = erasing(core.registry, **span)
        batch: list[Record] = [record(f) for f in sent[part * quarter : (part + 1) * quarter]]
        core.run([*batch, tick(MIDNIGHT + 3 * HOUR)])
        if rng.random() < 0.3:
            core.restart()
    since, until = (MIDNIGHT + m * 60 * SECOND for m in minutes)
    stays = [f for f in sent if f.device == STAYS or not since <= f.observed_at < until]
    rows = observations(stays, NORM)
    assert differences(rows, core.said.current("Observation")) == []
    assert differences(windows(rows, NORM), core.said.current("Window")) == []
    assert core.said.faults == []
