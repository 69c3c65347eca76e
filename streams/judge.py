"""The judgement: samples of one series and what is declared about it, to flagged values.

A pure function of the set of samples: the order in which they came cannot matter, and live and
batch call the same one.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from streams.calibration import Floats
from streams.chain import Part, Track, Where, beside, chained, places
from streams.plan import SeriesPlan
from streams.quality import SUSPECT, Columns, Flags, Instants, aggregate
from streams.quality.clock import CLOCK_OFFSET
from streams.quality.syntax import PAYLOAD_SIZE
from streams.samples import Rows, firsts
from streams.segment import TESTS, Segment
from streams.trace import Trace
from streams.windows import Line, Windows, windows

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

    ``time`` is where the samples lie in the line of time: their instants, where the series is not
    one of a panel. ``tests`` are what is known before any test: conflicts, and calibrations used
    beyond what they were made for. ``segment`` is the index of the plan's segment that applies.
    """

    rows: Rows
    time: Instants
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
    rows: Rows,
    plan: SeriesPlan,
    siblings: Siblings = ALONE,
    trace: Trace | None = None,
    time: Instants | None = None,
) -> Valued:
    """The samples that count and their calibrated values, to a tenth of the resolution.

    ``time`` is where the rows lie in the line of time that ``plan`` and ``siblings`` speak of,
    where that is not when they were measured.
    """
    time = rows["at"] if time is None else time
    which, conflict = firsts(time)
    kept, time = rows[which], time[which]
    segment = np.searchsorted(plan.starts, time, side="right") - 1
    chain = chained(kept, time, _parts(segment), plan, siblings.usable, trace)
    tests = {
        "duplicate_conflict": np.where(conflict, np.uint8(SUSPECT), np.uint8(0)),
        "calibration_range": chain.range,
        "calibration_input": chain.input,
    }
    tests = {name: flags for name, flags in tests.items() if flags.any()}
    value = _quantised(chain.value, plan.decimals)
    return Valued(kept, time, value, tests, chain.provisional, segment)


def flagged(
    series: Valued, plan: SeriesPlan, siblings: Siblings = ALONE, trace: Trace | None = None
) -> Judged:
    """The flags of every test that applies, those of the rows, and the windows."""
    value, segment = series.value, series.segment
    columns = _columns(series, plan, siblings)
    if trace is not None:
        trace.columns = columns
    alike = _alike(plan, segment)
    tests = series.tests | _checked(columns, alike)
    flag = _overruled(aggregate(tests.values(), np.isnan(value)), value, alike, tests)
    look_ahead = np.array([s.look_ahead for s in plan.segments], np.int64)[segment]
    provisional = series.provisional | _waits(series.time, look_ahead)
    found = _windows(series, flag, plan)
    return Judged(series.rows, series.time, value, tests, provisional, segment, flag, windows=found)


def _columns(series: Valued, plan: SeriesPlan, siblings: Siblings) -> Columns:
    kept, time = series.rows, series.time
    return Columns(
        time,
        kept["arrival"],
        series.value,
        kept["counter"],
        {name: _told(name, series, siblings) for name in plan.compared_with},
        siblings.peers(time),
        kept["at"],
    )


def _parts(segment: NDArray[np.intp]) -> list[Part]:
    """The segments that apply, each with its samples: a stretch, since they are in time order."""
    if not len(segment):
        return []
    borders = [0, *(np.flatnonzero(np.diff(segment)) + 1).tolist(), len(segment)]
    return [(int(segment[since]), slice(since, until)) for since, until in pairwise(borders)]


def _alike(plan: SeriesPlan, segment: NDArray[np.intp]) -> list[tuple[Segment, Where]]:
    """The segments that apply, those together in which the same is tested and said."""
    found: dict[tuple[object, ...], list[Part]] = {}
    for part in _parts(segment):
        of = plan.segments[part[0]]
        form = id(of.tests), *of.effects.items(), of.verdict
        found.setdefault(form, []).append(part)
    return [(plan.segments[parts[0][0]], places(parts)) for parts in found.values()]


def _checked(columns: Columns, alike: Sequence[tuple[Segment, Where]]) -> dict[str, Flags]:
    """Run over the whole series, so that look-back crosses into other segments; of each what is
    its own. In one order, whichever segment comes first: tests, then effects, by their names."""
    tests: dict[str, Flags] = {}
    effects: dict[str, Flags] = {}
    size = len(columns.time)
    for segment, here in alike:
        for name, params in segment.tests.items():
            flags = TESTS[name].check(columns, params)
            tests.setdefault(name, np.zeros(size, np.uint8))[here] = flags[here]
        for name, flag in segment.effects.items():
            effects.setdefault(name, np.zeros(size, np.uint8))[here] = flag
    return dict(sorted(tests.items())) | dict(sorted(effects.items()))


def _overruled(
    flag: Flags, value: Floats, alike: Sequence[tuple[Segment, Where]], tests: dict[str, Flags]
) -> Flags:
    """A verdict wins over all tests, whose flags stay beside it; what is missing stays missing."""
    for segment, here in alike:
        if verdict := segment.verdict:
            tests.setdefault("verdict", np.zeros(len(flag), np.uint8))[here] = verdict
            flag[here] = np.where(np.isnan(value[here]), flag[here], np.uint8(verdict))
    return flag


def _waits(time: Instants, look_ahead: Instants) -> NDArray[np.bool_]:
    """Whether no sample has come yet within the look-ahead."""
    waits = look_ahead > 0
    waits[:-1] &= np.diff(time) > look_ahead[:-1]
    return waits


def _told(name: str, series: Valued, siblings: Siblings) -> Floats:
    """Another property of the device, or what is told with the uplink itself."""
    kept = series.rows
    if name == PAYLOAD_SIZE:
        return np.where(kept["size"] < 0, np.nan, kept["size"].astype(np.float64))
    if name == CLOCK_OFFSET:
        return np.asarray(kept["offset"], np.float64)
    return beside(series.time, siblings.values(name), 0)


def _quantised(x: Floats, decimals: int) -> Floats:
    """Rounded half up to a number of decimals: the same two operations everywhere."""
    scale = 10.0**decimals
    return np.floor(x * scale + 0.5) / scale


def _windows(series: Valued, flag: Flags, plan: SeriesPlan) -> tuple[Windows, ...]:
    period = np.array([s.exposure for s in plan.segments])[series.segment]
    modulus = np.array([s.modulus for s in plan.segments])[series.segment]
    versions = np.array([s.version for s in plan.segments], np.int64)
    line = Line(series.time, series.value, flag, period, modulus, series.rows["at"])
    found = windows(line, plan.observed.kind)
    for each in found:
        segment = np.searchsorted(plan.starts, each.start, side="right") - 1
        each.columns["config_version"] = versions[segment]
    return found
