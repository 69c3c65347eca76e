"""What the conditions of a device are seen from, cut out of its state and its judged series."""

from streams.applicable import Key
from streams.condition_plan import ConditionPlan
from streams.conditions import NOTHING, Evidence, Samples, Span
from streams.device_state import DeviceState
from streams.judge import Judged
from streams.memory import Memory
from streams.samples import counted, no_rows


def evidence(
    plan: ConditionPlan,
    memory: Memory,
    state: DeviceState,
    span: Span,
    day: int,
    listening: int,
    every_frame: bool,
) -> Evidence:
    """Of the whole device; ``span`` is what is looked at, up to the clock, ``day`` how far back
    from an instant, ``listening`` since when anybody listens, UTC microseconds; ``every_frame``
    whether a gap in its frame counter is a loss."""
    since, clock = span
    return Evidence(
        since,
        clock,
        day,
        plan.periods,
        state.frames,
        [series.rows for series in state.series.values()],
        deployed=plan.deployed,
        erased=plan.erased,
        every_frame=every_frame,
        heard=memory.heard,
        listening=listening,
    )


def series_in(state: DeviceState, memory: Memory) -> list[Key]:
    """The series that a device has, and those of which something was said, in their order."""
    said = {condition.series for condition in memory.said.values()}
    return sorted([key for key in state.series.keys() | said if key[0]])


def samples(
    key: Key, unit: str, first: int, state: DeviceState, judged: Judged | None, since: int
) -> Samples:
    """A series from an instant on, as the device told it, and as it was ``judged`` where it was."""
    if judged is None:
        rows = counted(state.series[key].rows)[0] if key in state.series else no_rows()
        here = slice(rows["at"].searchsorted(since), None)
        return Samples(key, unit, rows["at"][here], rows["value"][here], first, *NOTHING)
    at = judged.rows["at"].copy()
    here = slice(at.searchsorted(since), None)
    tests = {name: flags[here] for name, flags in judged.tests.items()}
    told, value, flag = judged.rows["value"][here], judged.value[here], judged.flag[here]
    return Samples(key, unit, at[here], told, first, value, flag, tests)
