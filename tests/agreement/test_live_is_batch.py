"""A run over what live has stored writes nothing; after a change it writes what live would have
said, had that been declared from the start, bit for bit."""

from collections.abc import Sequence
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.store.tables import SCHEMAS
from streams.inventory import NEVER
from streams.registry import Registry
from streams.reprocess.contract import Job, Selection
from streams.reprocess.executor import run
from streams.reprocess.ranges import tasks
from tests.agreement.core import WIRE, Core, declared, record, tick
from tests.agreement.test_any_order import (
    DAY,
    DEVICES,
    FORMER,
    HOUR,
    MIDNIGHT,
    NORM,
    REGISTRY,
    _frames,
)
from tests.oracle.declared import Frame, Measure
from tests.oracle.differences import differences
from tests.oracle.observations import observations
from tests.oracle.windows import windows
from tests.streams.reprocess.memory import Memory, bits

START = NEVER >> 8
"""When the runs begin: after all that live has said."""

EVERYTHING = Selection(DEVICES, MIDNIGHT - 10 * DAY, MIDNIGHT + 10 * DAY)
_TABLES = {"Observation": "observations", "Window": "windows"}

_CHANGES: dict[str, tuple[tuple[str, str, dict[str, Any] | None], ...]] = {
    "a_calibration_less": (("calibration", "b", None),),
    "another_slope": (
        (
            "calibration",
            "a",
            {
                "id": "a",
                "device": DEVICES[0],
                "property": "level",
                "kind": "linear",
                "params": {"a": 1.5, "b": 1.25},
            },
        ),
    ),
    "other_thresholds": (
        (
            "profile",
            "p",
            {
                "id": "p",
                "property": "level",
                "tests": {
                    "spike": {"suspect": 1.0, "fail": 40.0, "max_gap": 2000.0},
                    "flat_line": {"suspect": 700.0, "fail": 5000.0, "tolerance": 0.5},
                },
            },
        ),
    ),
    "a_verdict": (
        (
            "verdict",
            "y",
            {
                "id": "y",
                "device": DEVICES[0],
                "property": "level",
                "flag": "fail",
                "from": "2026-05-27T00:05:00Z",
                "author": "a",
                "reason": "r",
            },
        ),
    ),
    "a_device_less": (("device", DEVICES[1], None),),
}


def _after(changes: Sequence[tuple[str, str, dict[str, Any] | None]]) -> Registry:
    found = REGISTRY
    for kind, name, body in changes:
        of = None if body is None else declared([(kind, body)])[0][1]
        found = found.having(kind, name, of)
    return found


def _lived(frames: Sequence[Frame], rng: Random, snapshot: Registry, horizon: int) -> Core:
    core = Core(snapshot, horizon)
    _go_on(core, frames, rng)
    return core


def _go_on(core: Core, frames: Sequence[Frame], rng: Random) -> None:
    place = 0
    while place < len(frames):
        size = rng.randint(1, 5)
        core.run([record(frame) for frame in frames[place : place + size]])
        place += size
        if rng.random() < 0.3:
            core.restart()


def _stored(core: Core) -> Memory:
    memory = Memory()
    for name, table in _TABLES.items():
        memory.put(table, core.said.rows[name].values())
    return memory


def _run(
    memory: Memory,
    snapshot: Registry,
    selection: Selection = EVERYTHING,
    until: int = NEVER,
    frames: bool = False,
) -> int:
    rows = []
    job = Job(snapshot, START, SCHEMAS)
    found = tasks([selection], snapshot, until)
    assert run(found, job, lambda: memory.store(frames), rows.append, lambda: False)
    return sum(done.rows for done in rows)


def _unlike(memory: Memory, core: Core) -> list[object]:
    """Rows that are not in both, or not to the last bit."""
    found = []
    for name, table in _TABLES.items():
        here = {k: bits(r) for k, r in memory.current(table).items()}
        there = {k: bits(r) for k, r in core.said.current(name).items()}
        found += [(k, here.get(k), there.get(k)) for k in here.keys() | there.keys()]
    return [one for one in found if one[1] != one[2]]


_LOOSE = settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@_LOOSE
@given(frames=_frames(span=3 * HOUR, late=6 * HOUR), rng=st.randoms(use_true_random=False))
def test_a_run_over_what_live_has_stored_writes_nothing(frames: list[Frame], rng: Random) -> None:
    rng.shuffle(frames)
    memory = _stored(_lived(frames, rng, REGISTRY, 48 * HOUR))
    assert _run(memory, REGISTRY) == 0
    assert memory.history == []


@pytest.mark.parametrize("name", _CHANGES)
@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(frames=_frames(span=3 * HOUR, late=6 * HOUR), rng=st.randoms(use_true_random=False))
def test_after_a_change_a_run_ends_in_what_live_says(
    name: str, frames: list[Frame], rng: Random
) -> None:
    rng.shuffle(frames)
    after = _after(_CHANGES[name])
    memory = _stored(_lived(frames, rng, REGISTRY, 48 * HOUR))
    kept = [f for f in frames if after.get("device", f.device) is not None]
    there = _lived(kept, rng, after, 48 * HOUR)
    gone = {f.device for f in frames} - {f.device for f in kept}
    before = {k: r for k, r in memory.current("observations").items() if k[0] in gone}
    _run(memory, after)
    assert all(memory.current("observations")[k] == r for k, r in before.items())
    assert [one for one in _unlike(memory, there) if one[0][0] not in gone] == []
    assert _run(memory, after) == 0


@_LOOSE
@given(frames=_frames(span=3 * HOUR, late=6 * HOUR), rng=st.randoms(use_true_random=False))
def test_a_first_run_over_frames_ends_in_the_oracle_s_rows(
    frames: list[Frame], rng: Random
) -> None:
    rng.shuffle(frames)
    memory = Memory(frames=[WIRE.decode(record(f).value)[1] for f in frames])
    _run(memory, REGISTRY, frames=True)
    rows = observations(frames, NORM)
    assert differences(rows, memory.current("observations")) == []
    assert differences(windows(rows, NORM), memory.current("windows")) == []
    assert _run(memory, REGISTRY, frames=True) == 0


@_LOOSE
@given(frames=_frames(span=6 * HOUR, late=3 * HOUR), rng=st.randoms(use_true_random=False))
def test_what_came_late_is_settled_by_a_run_over_its_days(frames: list[Frame], rng: Random) -> None:
    """Live has left what was beyond its horizon; then only the batch writes it, and never more."""
    frames.sort(key=lambda frame: frame.arrival)
    core = _lived(frames, rng, REGISTRY, 2 * HOUR)
    core.run([tick(max(f.arrival for f in frames))])
    memory = _stored(core)
    memory.frames = [WIRE.decode(record(f).value)[1] for f in frames]
    until = core.clock - 2 * HOUR
    for device, day in sorted(core.said.pending):
        selection = Selection((device,), day * DAY, (day + 1) * DAY)
        memory.complete = {device: [(day * DAY, (day + 1) * DAY)]}
        _run(memory, REGISTRY, selection, until, frames=True)
    rows = observations(frames, NORM)
    assert differences(rows, memory.current("observations")) == []
    assert differences(windows(rows, NORM), memory.current("windows")) == []
    written = [r for r in memory.rows["observations"].values() if r["revision"] >= START]
    assert all(row["observed_at"] < until for row in written)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(frames=_frames(span=6 * HOUR, late=3 * HOUR), rng=st.randoms(use_true_random=False))
def test_after_a_change_in_midstream_pending_days_and_a_run_end_in_the_oracle_s_rows(
    frames: list[Frame], rng: Random
) -> None:
    """Beyond a short horizon, over restarts: what live lost the context of is pending, what it
    had left behind is taken by whoever says yes to the change."""
    frames.sort(key=lambda frame: frame.arrival)
    turn = rng.randint(0, len(frames))
    core = _lived(frames[:turn], rng, FORMER.having("profile", "p", None), 2 * HOUR)
    core.registry = REGISTRY
    _go_on(core, frames[turn:], rng)
    core.run([tick(max(f.arrival for f in frames))])
    memory = _stored(core)
    memory.frames = [WIRE.decode(record(f).value)[1] for f in frames]
    until = core.clock - 2 * HOUR
    for device, day in sorted(core.said.pending):
        memory.complete = {device: [(day * DAY, (day + 1) * DAY)]}
        selection = Selection((device,), day * DAY, (day + 1) * DAY)
        _run(memory, REGISTRY, selection, until, frames=True)
    _run(memory, REGISTRY, until=until)
    rows = observations(frames, NORM)
    assert differences(rows, memory.current("observations")) == []
    assert differences(windows(rows, NORM), memory.current("windows")) == []
    assert _run(memory, REGISTRY, until=until) == 0


def test_a_frame_that_is_decoded_again_replaces_all_its_samples() -> None:
    two = Frame(
        b"f" * 16,
        DEVICES[0],
        MIDNIGHT + 1,
        MIDNIGHT,
        (Measure("level", 50.0), Measure("sound", 60.0)),
    )
    again = Frame(two.frame_id, two.device, two.arrival, MIDNIGHT, (Measure("level", 51.0),), 7)
    memory = _stored(_lived([two], Random(1), REGISTRY, 48 * HOUR))
    memory.frames = [WIRE.decode(record(again).value)[1]]
    _run(memory, REGISTRY, frames=True)
    assert _unlike(memory, _lived([two, again], Random(1), REGISTRY, 48 * HOUR)) == []
    assert [row["property"] for row in memory.current("observations").values()] == ["level"]
    memory.frames = [WIRE.decode(record(two).value)[1]]
    assert _run(memory, REGISTRY, frames=True) == 0
