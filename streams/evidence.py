"""What the conditions of a device are seen from, cut out of its state and its judged series."""

from collections.abc import Iterator

import numpy as np

from streams.applicable import Key
from streams.condition_plan import ConditionPlan
from streams.conditions import Evidence, Samples, Span
from streams.device_state import DeviceState
from streams.judge import Judged
from streams.memory import Memory
from streams.quality import Floats, Instants
from streams.samples import counted, no_rows

_NO_FLAGS = np.empty(0, np.uint8)


def evidence(
    plan: ConditionPlan, memory: Memory, state: DeviceState, span: Span, day: int, listening: int
) -> Evidence:
    """Of the whole device; ``span`` is what is looked at, up to the clock, ``day`` how far back
    from an instant, ``listening`` since when anybody listens, UTC microseconds."""
    since, clock = span
    return Evidence(
        since,
        clock,
        day,
        plan.periods,
        state.frames,
        _offsets(state, since),
        deployed=plan.deployed,
        erased=plan.erased,
        every_frame=plan.every_frame(memory.network),
        heard=memory.heard,
        listening=listening,
    )


def _offsets(state: DeviceState, since: int) -> tuple[Instants, Floats]:
    """By frame how far the device's clock was ahead, of those that tell."""
    tables = [s.rows for s in state.series.values() if not np.isnan(s.rows["offset"]).all()]
    if not tables:
        return np.empty(0, np.int64), np.empty(0, np.float64)
    rows = np.concatenate(tables)
    rows = rows[~np.isnan(rows["offset"])]
    ids, index = np.unique(rows["frame"], return_index=True)
    frames = state.frames[state.frames["at"] >= since]
    place = np.searchsorted(ids, frames["frame"])
    told = (place < len(ids)) & (ids[np.minimum(place, len(ids) - 1)] == frames["frame"])
    return frames["at"][told], rows["offset"][index][place[told]]


def series_in(state: DeviceState, memory: Memory) -> Iterator[Key]:
    """The series that a device has, and those of which something was said, in their order."""
    said = {condition.series for condition in memory.said.values()}
    yield from sorted(key for key in state.series.keys() | said if key[0])


def raw(key: Key, first: int, state: DeviceState, judged: Judged | None, since: int) -> Samples:
    """A series as the device told it, without flags."""
    if judged is not None:
        rows = judged.rows
    else:
        rows = counted(state.series[key].rows)[0] if key in state.series else no_rows()
    here = slice(np.searchsorted(rows["at"], since), None)
    return Samples(key, "", rows["at"][here], rows["value"][here], _NO_FLAGS, first=first)


def flagged(key: Key, unit: str, judged: Judged, since: int) -> Samples:
    """A series as it was judged."""
    at = judged.rows["at"]
    here = slice(np.searchsorted(at, since), None)
    tests = {name: flags[here] for name, flags in judged.tests.items()}
    return Samples(key, unit, at[here], judged.value[here], judged.flag[here], tests)
