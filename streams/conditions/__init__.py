"""Conditions: what is wrong with a device, as intervals of time, one kind a file.

A condition is a pure function of what a device sent and what is declared about it. What was found
before only says in which state a kind was when its evidence begins, so that the same interval comes
out whether one batch or ten saw it, in whatever order its frames came.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from streams.quality import SECOND, Flags, Floats, Instants, Params
from streams.samples import Frames, no_frames

T = TypeVar("T")

HOUR = 3600 * SECOND
MOST = 4
"""The highest level: 1 (information), 2 (to be seen to), 3 (urgent), 4 (act now)."""

Levels = NDArray[np.int64]
Span = tuple[int, int]
"""``[since, until)``, UTC microseconds."""


Key = tuple[str, str]
"""Property and channel of a series."""
Name = tuple[str, Key, int]
"""Kind, series and opening of a condition."""
WHOLE: Key = ("", "")
"""The device, not one of its series."""
Turn = tuple[int, int, str]
"""Since when (UTC microseconds) a condition is of a level, and why."""


@dataclass(frozen=True)
class Condition:
    """Something wrong in ``[opened_at, closed_at)``, UTC microseconds; None: still.

    ``series`` is empty where it is about the whole device. ``course`` is how its level went, of
    what is settled only the last turn. ``cause`` is the instant that it is counted from where that
    is not when it opened, such as the last frame before a silence. ``gateways`` and ``network`` are
    those that had heard the device when it opened.
    """

    kind: str
    series: Key
    opened_at: int
    closed_at: int | None
    course: tuple[Turn, ...]
    cause: int = 0
    gateways: tuple[str, ...] = ()
    network: str = ""

    @property
    def level(self) -> int:
        """1 (information) to 4 (act now): the last one that it had."""
        return self.course[-1][1]

    @property
    def reason(self) -> str:
        """Why it is of that level, in words, with the figures."""
        return self.course[-1][2]

    @property
    def name(self) -> Name:
        """What makes it this one: the rest of it may change."""
        return self.kind, self.series, self.opened_at

    def open_at(self, instant: int) -> bool:
        """Whether it had opened before and was not over yet."""
        return self.opened_at < instant and (self.closed_at is None or self.closed_at >= instant)


@dataclass(frozen=True)
class Samples:
    """One series in time order: what it measured, and where it was judged, its flags.

    ``first`` is the instant of the first value that was ever seen of it, far away where none was.
    """

    series: Key
    unit: str
    at: Instants
    value: Floats
    flag: Flags
    tests: dict[str, Flags] = field(default_factory=dict)
    first: int = 0

    @property
    def name(self) -> str:
        """The observed property."""
        return self.series[0]


NO_SAMPLES = Samples(
    WHOLE, "", np.empty(0, np.int64), np.empty(0, np.float64), np.empty(0, np.uint8)
)


@dataclass(frozen=True)
class Evidence:
    """What the conditions of a device are seen from; instants in UTC microseconds.

    Nothing before ``since`` is looked at, and nobody looks back further than ``day``; so what
    opened or closed before ``begin``, a day after, is settled. ``periods`` are the nominal ones:
    from, to and seconds. ``deployed`` are the spans in which the device stands somewhere, None
    where nobody says. ``erased`` is what nobody may know any more. ``offsets`` is by frame how
    far the device's clock was ahead, seconds. ``heard`` is the last arrival that was known before
    this batch, 0 where there was none; ``listening`` since when anybody listens.
    """

    since: int
    clock: int
    day: int
    periods: Sequence[tuple[int, int, float]]
    frames: Frames = field(default_factory=no_frames)
    offsets: tuple[Instants, Floats] = (np.empty(0, np.int64), np.empty(0, np.float64))
    samples: Samples = NO_SAMPLES
    deployed: Sequence[Span] | None = None
    erased: Sequence[Span] = ()
    every_frame: bool = True
    heard: int = 0
    listening: int = 0
    _told: dict[Callable[["Evidence"], Any], Any] = field(
        default_factory=dict, compare=False, repr=False
    )

    def once(self, ask: "Callable[[Evidence], T]") -> "T":
        """What a function says of the whole device; it looks only the first time."""
        if ask not in self._told:
            self._told[ask] = ask(self)
        found: T = self._told[ask]
        return found

    @property
    def begin(self) -> int:
        """What opened or closed before is settled."""
        return self.since + self.day

    def period(self, at: int) -> float:
        """The nominal period at an instant, seconds."""
        return next(p for since, until, p in self.periods if since <= at < until)

    def patience(self, at: int, periods: float, least: float) -> int:
        """How long nothing may come after an instant, microseconds.

        Where the device is set to another period meanwhile, the longer one counts.
        """
        wait = self._wait(self.period(at), periods, least)
        return max(wait, self._wait(self.period(at + wait), periods, least))

    def shortest(self, periods: float, least: float) -> int:
        """The shortest patience of all times, microseconds."""
        return min(self._wait(period, periods, least) for _, _, period in self.periods)

    @staticmethod
    def _wait(period: float, periods: float, least: float) -> int:
        return round(max(periods * period, least) * SECOND)

    def expected(self, since: Instants, until: Instants) -> Floats:
        """How many frames are due in each ``[since, until)`` by the nominal periods."""
        due = np.zeros(len(since))
        for start, end, period in self.periods:
            inside = np.minimum(until, end) - np.maximum(since, start)
            due += np.maximum(inside, 0) / (period * SECOND)
        return due

    def known(self, at: Instants) -> NDArray[np.bool_]:
        """Whether nothing of the day before an instant is erased."""
        seen = np.ones(len(at), np.bool_)
        for since, until in self.erased:
            seen &= (at < since) | (at - self.day >= until)
        return seen


@dataclass(frozen=True)
class ConditionKind:
    """``find(evidence, params, said)`` gives all conditions of this kind that the evidence shows,
    those among them that were ``said`` and are not settled.

    ``series``: it is about one series, else about the device. ``judged``: it needs the flags.
    ``usual``: it is looked for where nobody declares it, with the defaults of its parameters.
    ``settled(evidence)`` is the instant before which what was said stays as it is.
    """

    name: str
    params: type[Params]
    find: "Callable[[Evidence, Any, Sequence[Condition]], list[Condition]]"
    series: bool = True
    judged: bool = False
    usual: bool = True
    settled: Callable[[Evidence], int] = lambda evidence: evidence.begin


def episodes(
    kind: str,
    evidence: Evidence,
    said: Sequence[Condition],
    at: Instants,
    levels: tuple[Levels, Levels],
    reason: Callable[[int, int], str],
) -> list[Condition]:
    """The episodes of a series of instants by two levels at each: the one that is ``reached``, to
    which a condition rises, and the one that may ``stay``, to which it falls; 0 is none.

    ``reason(i, level)`` says why the level is what it became at the i-th instant.
    """
    of = evidence.samples
    if not said and not levels[0].any():
        return []
    begin = evidence.begin
    before = next((c for c in said if c.open_at(begin)), None)
    here = np.flatnonzero((at >= begin) & evidence.known(at))
    if before is None and not levels[0][here].any():
        return []
    found = [_as_at(before, begin)] if before else []
    level = found[0].level if found else 0
    columns = (here, at[here], *(of_each[here] for of_each in levels))
    for i, t, up, stay in zip(*(column.tolist() for column in columns), strict=True):
        now = up if up > level else min(level, stay)
        if now == level:
            continue
        if not level:
            course: tuple[Turn, ...] = ((t, now, reason(i, now)),)
            found.append(Condition(kind, of.series, t, None, course))
        elif now:
            course = (*found[-1].course, (t, now, reason(i, now)))
            found[-1] = replace(found[-1], course=course)
        else:
            found[-1] = replace(found[-1], closed_at=t)
        level = now
    return found


def _as_at(condition: Condition, instant: int) -> Condition:
    """A condition as it was: open, and of the level that it had."""
    before = [turn for turn in condition.course if turn[0] < instant]
    return replace(condition, closed_at=None, course=(before[-1],))


def recent(at: Instants, day: int) -> NDArray[np.intp]:
    """For each instant the index of the first one within a day before it, that day open at its
    begin."""
    return np.searchsorted(at, at - day, side="right")


def utc(at: int) -> str:
    """An instant as people read it, to the second."""
    return datetime.fromtimestamp(at // SECOND, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
