"""The judgement: samples of one series and what is declared about it, to flagged values.

A pure function of the set of samples: the order in which they came cannot matter, and live and
batch call the same one.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from streams.calibration import MARGIN, Floats, Inputs, beyond
from streams.plan import SeriesPlan
from streams.quality import SUSPECT, UNKNOWN, Columns, Flags, Instants, aggregate
from streams.quality.aligned import aligned
from streams.quality.clock import CLOCK_OFFSET
from streams.quality.syntax import PAYLOAD_SIZE
from streams.samples import Rows, counted
from streams.segment import TESTS, Segment, Stage
from streams.trace import Staged, Trace
from streams.windows import Line, Windows, windows

Track = tuple[Instants, Floats]
"""Another series of the device: its instants in order, and its values."""

Peers = Callable[[Instants], Mapping[str, Floats]]
"""What other devices measured at these instants, by their names; NaN where they did not."""


def _none(_name: str) -> Track | None:
    return None


def alone(_time: Instants) -> Mapping[str, Floats]:
    """What other devices say where none is at hand."""
    return {}


@dataclass(frozen=True)
class Siblings:
    """The other series of a device by property: all their calibrated ``values``, and those that
    are ``usable``, NaN where flagged otherwise; None where the device has no such series.

    ``peers`` gives the usable values of the same property of other devices near by, at these
    instants: a worker, which holds one device at a time, has none.
    """

    values: Callable[[str], Track | None] = _none
    usable: Callable[[str], Track | None] = _none
    peers: Peers = alone


ALONE = Siblings()


@dataclass(frozen=True)
class Valued:
    """One series after its calibrations, a row a sample in time order.

    ``tests`` are what is known before any test: conflicts, and calibrations used beyond what
    they were made for. ``segment`` is the index of the plan's segment that applies.
    """

    rows: Rows
    value: Floats
    tests: dict[str, Flags]
    provisional: NDArray[np.bool_]
    segment: NDArray[np.intp]


@dataclass(frozen=True)
class Judged(Valued):
    """One series, flagged, and its windows by duration; ``tests`` hold 0 where a test does not
    apply."""

    flag: Flags
    windows: tuple[Windows, ...]


def judge(rows: Rows, plan: SeriesPlan, siblings: Siblings = ALONE) -> Judged:
    """Judge all samples of a series; ``rows`` are ordered by instant, then frame."""
    return flagged(valued(rows, plan, siblings), plan, siblings)


def valued(
    rows: Rows, plan: SeriesPlan, siblings: Siblings = ALONE, trace: Trace | None = None
) -> Valued:
    """The samples that count and their calibrated values, to a tenth of the resolution."""
    kept, conflict = counted(rows)
    segment = np.searchsorted(plan.starts, kept["at"], side="right") - 1
    tests: dict[str, Flags] = {}
    if conflict.any():
        tests["duplicate_conflict"] = np.where(conflict, SUSPECT, 0).astype(np.uint8)
    value, provisional = np.full(len(kept), np.nan), np.zeros(len(kept), np.bool_)
    for i, here in _parts(segment):
        part = _calibrated(kept[here], plan.segments[i].stages, siblings, trace)
        value[here], provisional[here] = part.value, part.provisional
        for name, flags in (("calibration_range", part.range), ("calibration_input", part.input)):
            if flags.any():
                _put(tests, name, len(kept), here, flags)
    return Valued(kept, _quantised(value, plan.decimals), tests, provisional, segment)


def flagged(
    series: Valued, plan: SeriesPlan, siblings: Siblings = ALONE, trace: Trace | None = None
) -> Judged:
    """The flags of every test that applies, those of the rows, and the windows."""
    kept, value, segment = series.rows, series.value, series.segment
    tests, provisional = dict(series.tests), series.provisional.copy()
    beside = {name: _beside(name, kept, siblings) for name in plan.compared_with}
    peers = siblings.peers(kept["at"])
    columns = Columns(kept["at"], kept["arrival"], value, kept["counter"], beside, peers)
    if trace is not None:
        trace.columns = columns
    for i, here in _parts(segment):
        _check(columns, plan.segments[i], here, tests)
        provisional[here] |= _waits(kept["at"], plan.segments[i].look_ahead)[here]
    flag = _overruled(aggregate(tests.values(), np.isnan(value)), value, segment, plan, tests)
    found = _windows(kept, value, flag, segment, plan)
    return Judged(kept, value, tests, provisional, segment, flag, found)


def _parts(segment: NDArray[np.intp]) -> list[tuple[int, slice]]:
    """The segments that apply, each with its samples: a stretch, since they are in time order."""
    if not len(segment):
        return []
    borders = [0, *(np.flatnonzero(np.diff(segment)) + 1).tolist(), len(segment)]
    return [(int(segment[since]), slice(since, until)) for since, until in pairwise(borders)]


def _put(
    tests: dict[str, Flags], name: str, size: int, here: slice, flags: NDArray[np.integer] | int
) -> None:
    tests.setdefault(name, np.zeros(size, np.uint8))[here] = flags


def _check(columns: Columns, segment: Segment, here: slice, tests: dict[str, Flags]) -> None:
    """Run over the whole series, so that look-back crosses into other segments, and keep ours."""
    size = len(columns.time)
    for name, params in segment.tests.items():
        _put(tests, name, size, here, TESTS[name].check(columns, params)[here])
    for name, flag in segment.effects.items():
        _put(tests, name, size, here, flag)


def _overruled(
    flag: Flags,
    value: Floats,
    segment: NDArray[np.intp],
    plan: SeriesPlan,
    tests: dict[str, Flags],
) -> Flags:
    """A verdict wins over all tests, whose flags stay beside it; what is missing stays missing."""
    for i, here in _parts(segment):
        if verdict := plan.segments[i].verdict:
            _put(tests, "verdict", len(flag), here, verdict)
            flag[here] = np.where(np.isnan(value[here]), flag[here], np.uint8(verdict))
    return flag


def _waits(at: NDArray[np.int64], look_ahead: int) -> NDArray[np.bool_]:
    """Whether no sample has come yet within the look-ahead."""
    if not look_ahead:
        return np.zeros(len(at), np.bool_)
    return np.append(np.diff(at) > look_ahead, np.ones(min(1, len(at)), np.bool_))


@dataclass
class _Calibrated:
    """What came of a chain: ``range`` is SUSPECT where a stage was used beyond its range, ``input``
    UNKNOWN where one wanted what the device did not measure then."""

    value: Floats
    range: Flags
    input: Flags
    provisional: bool = False


def _calibrated(
    rows: Rows, stages: tuple[Stage, ...], siblings: Siblings, trace: Trace | None
) -> _Calibrated:
    """The values after each stage in turn."""
    size = len(rows)
    chain = _Calibrated(rows["value"], np.zeros(size, np.uint8), np.zeros(size, np.uint8))
    for stage in stages:
        if stage.range:
            chain.range[beyond(chain.value, *stage.range, MARGIN)] = SUSPECT
        inputs = _inputs(stage, rows, siblings)
        done = stage.kind.calibrate(chain.value, stage.params, inputs)
        if trace is not None:
            trace.stages.append(Staged(stage, rows["at"], chain.value, inputs, done))
        chain.range[done.flags == SUSPECT] = SUSPECT
        chain.input[done.flags == UNKNOWN] = UNKNOWN
        chain.value, chain.provisional = done.value, chain.provisional or done.provisional
    return chain


def _inputs(stage: Stage, rows: Rows, siblings: Siblings) -> Inputs:
    """What stands beside the samples for a stage: of another series the nearest usable value."""
    reach = stage.kind.reach(stage.params)
    beside = {n: _aligned(rows["at"], siblings.usable(n), reach) for n in stage.siblings}
    return Inputs(rows["at"], beside)


def _beside(name: str, kept: Rows, siblings: Siblings) -> Floats:
    """Another property of the device, or what is told with the uplink itself."""
    if name == PAYLOAD_SIZE:
        return np.where(kept["size"] < 0, np.nan, kept["size"].astype(np.float64))
    if name == CLOCK_OFFSET:
        return np.asarray(kept["offset"], np.float64)
    return _aligned(kept["at"], siblings.values(name), 0)


def _aligned(time: Instants, track: Track | None, within: int) -> Floats:
    return np.full(len(time), np.nan) if track is None else aligned(time, *track, within)


def _quantised(x: Floats, decimals: int) -> Floats:
    """Rounded half up to a number of decimals: the same two operations everywhere."""
    scale = 10.0**decimals
    return np.floor(x * scale + 0.5) / scale


def _windows(
    kept: Rows, value: Floats, flag: Flags, segment: NDArray[np.intp], plan: SeriesPlan
) -> tuple[Windows, ...]:
    period = np.array([s.exposure for s in plan.segments])[segment]
    modulus = np.array([s.modulus for s in plan.segments])[segment]
    versions = np.array([s.version for s in plan.segments], np.int64)
    found = windows(Line(kept["at"], value, flag, period, modulus), plan.observed.kind)
    for each in found:
        segment = np.searchsorted(plan.starts, each.start, side="right") - 1
        each.columns["config_version"] = versions[segment]
    return found
