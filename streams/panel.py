"""Series of many devices judged in one pass: one device behind another in one line of time.

Each device is moved in time by whole days, so that windows stay where they are, and so far from
the one before it that nothing of one lies within reach of the other: what is judged of a sample
does not depend on which others are judged with it.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import accumulate, pairwise

import numpy as np
from numpy.typing import NDArray

from streams.applicable import Key
from streams.device_state import Sent, Series
from streams.duration import DAY, SECOND
from streams.judge import Judged
from streams.plan import SeriesPlan
from streams.quality import Instants
from streams.reach import longest
from streams.samples import stacked
from streams.siblings import Plans, Together
from streams.windows import DURATIONS, HOLD_MAX

ROWS_MAX = 1 << 17
"""Rows that are judged at a time, where one device has not more: what a processor's cache holds."""
_LINE = 1 << 60
"""Microseconds of a line of time, of the 63 bits that there are: a network server whose clock is
centuries ahead is believed."""

Index = NDArray[np.intp]


@dataclass(frozen=True)
class PlanSet:
    """Usable plans, one for each series of a device."""

    plans: Plans

    @cached_property
    def form(self) -> tuple[object, ...]:
        """What devices have in common that go together: the same series, tested alike."""
        return tuple(
            (key, plan.observed.id, plan.corrected_by, plan.compared_with, *_tested(plan))
            for key, plan in self.plans.items()
        )

    @cached_property
    def reach(self) -> int:
        """Beyond which nothing of the device can be seen, by tests, by calibrations and by
        windows; microseconds."""
        stages = (stage for p in self.plans.values() for s in p.segments for stage in s.stages)
        takes = max((s.kind.reach(s.params) for s in stages if s.siblings), default=0)
        return longest(self.plans) + takes + HOLD_MAX + 2 * max(DURATIONS) * SECOND


@dataclass(frozen=True)
class Member:
    """A device of a panel, its series, and the plans of these."""

    device: str
    series: Mapping[Key, Series]
    set: PlanSet

    @cached_property
    def extent(self) -> tuple[int, int]:
        """The first and the last instant in its tables, UTC microseconds."""
        tables = [t["at"] for key in self.set.plans for t in self.series[key].columns() if len(t)]
        if not tables:
            return 0, 0
        return min(int(at[0]) for at in tables), max(int(at[-1]) for at in tables)

    @property
    def span(self) -> int:
        """How much of the line it takes at most, microseconds."""
        first, last = self.extent
        return last - first + self.set.reach + 2 * DAY

    def __len__(self) -> int:
        return sum(len(self.series[key].rows) for key in self.set.plans)


def _tested(plan: SeriesPlan) -> Iterator[int]:
    """The sets of tests of a plan, each once."""
    yield from dict.fromkeys(id(segment.tests) for segment in plan.segments)


@dataclass(frozen=True)
class _Lined(SeriesPlan):
    """The plans of one series of all members as one, whose segments begin where they lie in the
    line of time."""

    begins: Instants = field(default_factory=lambda: np.empty(0, np.int64))

    @cached_property
    def starts(self) -> Instants:
        """In the line of time."""
        return self.begins


@dataclass(frozen=True)
class Panel:
    """Members of one form. ``places`` is where the stretch of each begins in the line of time,
    ``shifts`` what that is later than UTC, microseconds."""

    members: Sequence[Member]
    places: Instants
    shifts: Instants

    @property
    def keys(self) -> Iterable[Key]:
        """The series that each member has."""
        return self.members[0].set.plans.keys()

    @cached_property
    def devices(self) -> list[str]:
        """The names of the members."""
        return [member.device for member in self.members]

    def whose(self, line: Instants) -> Index:
        """The member whose stretch holds each place of the line."""
        return np.searchsorted(self.places, line, side="right") - 1

    def utc(self, line: Instants) -> Instants:
        """The instants that lie at these places."""
        found: Instants = line - self.shifts[self.whose(line)]
        return found

    def stretches(self, line: Instants) -> list[slice]:
        """The part of each member of what is ordered by its place in the line."""
        edges = [*np.searchsorted(line, self.places).tolist(), len(line)]
        return [slice(a, b) for a, b in pairwise(edges)]

    def judged(self) -> Mapping[Key, Judged]:
        """All series, judged."""
        rows, time = {}, {}
        for key in self.keys:
            tables = [m.series[key].rows for m in self.members]
            rows[key] = stacked(tables)
            time[key] = rows[key]["at"] + np.repeat(self.shifts, [len(t) for t in tables])
        together = Together(rows, self.plans, time=time)
        return {key: together.judged(key) for key in self.keys}

    @cached_property
    def plans(self) -> Plans:
        """The plans of each series of all members as one."""
        return {key: self._plan([m.set.plans[key] for m in self.members]) for key in self.keys}

    def _plan(self, plans: Sequence[SeriesPlan]) -> SeriesPlan:
        counts = [len(plan.segments) for plan in plans]
        until = np.append(self.places[1:], np.iinfo(np.int64).max) - 1
        begins = np.concatenate([plan.starts for plan in plans]) + np.repeat(self.shifts, counts)
        begins = np.clip(begins, np.repeat(self.places, counts), np.repeat(until, counts))
        segments = tuple(segment for plan in plans for segment in plan.segments)
        return _Lined(plans[0].observed, segments, begins=begins)

    def sent(self, tables: Sequence[Sent]) -> Sent:
        """What was said of each member, at its places in the line."""
        found = stacked(tables)
        found["at"] += np.repeat(self.shifts, [len(t) for t in tables])
        return found

    def apart(self, sent: Sent) -> list[Sent]:
        """What was said of each member, at its instants; tables of their own, so that none holds
        on to the others."""
        here = self.stretches(sent["at"])
        utc = sent.copy()
        utc["at"] = self.utc(sent["at"])
        return [utc[of].copy() for of in here]


def panels(members: Iterable[Member]) -> Iterator[Panel]:
    """Those of one form together, as many as are judged at a time and as have room in one line."""
    alike: dict[tuple[object, ...], list[Member]] = {}
    for member in members:
        alike.setdefault(member.set.form, []).append(member)
    for some in alike.values():
        sizes, spans = accumulate(map(len, some)), accumulate(member.span for member in some)
        blocks: dict[tuple[int, int], list[Member]] = {}
        for member, size, span in zip(some, sizes, spans, strict=True):
            blocks.setdefault((size // ROWS_MAX, span // _LINE), []).append(member)
        yield from map(_lined_up, blocks.values())


def _lined_up(members: Sequence[Member]) -> Panel:
    first, last = np.array([member.extent for member in members], np.int64).T
    apart = max(member.set.reach for member in members)
    begins = first - first % DAY
    sizes = -(-(last - begins + apart) // DAY) * DAY
    places = np.cumsum(sizes) - sizes
    return Panel(members, places, places - begins)


def part(judged: Judged, here: slice) -> Judged:
    """The samples of one member, without their windows."""
    return replace(
        judged,
        rows=judged.rows[here],
        time=judged.time[here],
        value=judged.value[here],
        tests={name: flags[here] for name, flags in judged.tests.items()},
        provisional=judged.provisional[here],
        segment=judged.segment[here],
        flag=judged.flag[here],
        windows=(),
    )
