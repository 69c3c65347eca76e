"""The judgement: samples of one series and what is declared about it, to flagged values.

A pure function of the set of samples: the order in which they came cannot matter, and live and
batch call the same one.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from streams.calibration import Floats
from streams.plan import TESTS, Segment, SeriesPlan, Stage
from streams.quality import SUSPECT, Columns, Flags, aggregate
from streams.samples import Rows, counted
from streams.windows import windows

RANGE_MARGIN = 0.1
"""A calibration is trusted a tenth of its range beyond its ends."""


@dataclass(frozen=True)
class Judged:
    """One series, a row a sample in time order.

    ``tests`` holds a flag per row, 0 where the test does not apply; ``segment`` is the index of
    the plan's segment that applies.
    """

    rows: Rows
    value: Floats
    flag: Flags
    tests: dict[str, Flags]
    provisional: NDArray[np.bool_]
    segment: NDArray[np.intp]
    windows: NDArray[np.void]


def judge(rows: Rows, plan: SeriesPlan) -> Judged:
    """Judge all samples of a series; ``rows`` are ordered by instant, then frame."""
    kept, conflict = counted(rows)
    segment = np.searchsorted(plan.starts, kept["at"], side="right") - 1
    tests: dict[str, Flags] = {}
    if conflict.any():
        tests["duplicate_conflict"] = np.where(conflict, SUSPECT, 0).astype(np.uint8)
    value = np.full(len(kept), np.nan)
    for i, here in _parts(segment):
        value[here], outside = _calibrated(kept["value"][here], plan.segments[i].stages)
        if outside.any():
            _put(tests, "calibration_range", here, np.where(outside, SUSPECT, 0))
    value = _quantised(value, plan.decimals)
    columns = Columns(kept["at"], kept["arrival"], value, kept["counter"])
    provisional = np.zeros(len(kept), np.bool_)
    for i, here in _parts(segment):
        _check(columns, plan.segments[i], here, tests)
        provisional[here] = _waits(kept["at"], plan.segments[i].look_ahead)[here]
    flag = aggregate(tests.values(), np.isnan(value))
    quarters = _windows(kept, value, flag, segment, plan)
    return Judged(kept, value, flag, tests, provisional, segment, quarters)


def _parts(segment: NDArray[np.intp]) -> list[tuple[int, NDArray[np.bool_]]]:
    return [(int(i), segment == i) for i in np.unique(segment)]


def _put(
    tests: dict[str, Flags], name: str, here: NDArray[np.bool_], flags: NDArray[np.integer]
) -> None:
    tests.setdefault(name, np.zeros(len(here), np.uint8))[here] = flags


def _check(
    columns: Columns, segment: Segment, here: NDArray[np.bool_], tests: dict[str, Flags]
) -> None:
    """Run over the whole series, so that look-back crosses into other segments, and keep ours."""
    for name, params in segment.tests.items():
        _put(tests, name, here, TESTS[name].check(columns, params)[here])


def _waits(at: NDArray[np.int64], look_ahead: int) -> NDArray[np.bool_]:
    """Whether no sample has come yet within the look-ahead."""
    if not look_ahead:
        return np.zeros(len(at), np.bool_)
    return np.append(np.diff(at) > look_ahead, np.ones(min(1, len(at)), np.bool_))


def _calibrated(raw: Floats, stages: tuple[Stage, ...]) -> tuple[Floats, NDArray[np.bool_]]:
    """The values after each stage in turn, and which left the range of one."""
    x, outside = raw, np.zeros(len(raw), np.bool_)
    for stage in stages:
        if stage.range:
            low, high = stage.range
            margin = RANGE_MARGIN * (high - low)
            outside = outside | (x < low - margin) | (x > high + margin)
        x = stage.apply(x)
    return x, outside


def _quantised(x: Floats, decimals: int) -> Floats:
    """Rounded half up to a number of decimals: the same two operations everywhere."""
    scale = 10.0**decimals
    return np.floor(x * scale + 0.5) / scale


def _windows(
    kept: Rows, value: Floats, flag: Flags, segment: NDArray[np.intp], plan: SeriesPlan
) -> NDArray[np.void]:
    exposure = np.array([s.exposure for s in plan.segments])[segment]
    level = plan.observed.kind == "level"
    found = windows(kept["at"], value, flag, exposure if level else None)
    segment = np.searchsorted(plan.starts, found["at"], side="right") - 1
    found["config"] = np.array([s.version for s in plan.segments], np.int64)[segment]
    return found
