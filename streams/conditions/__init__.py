"""Conditions: what is wrong with a device, as intervals of time, one kind a file.

A condition is a pure function of what a device sent and what is declared about it. What was found
before only says in which state a kind was when its evidence begins, so that the same interval comes
out whether one batch or ten saw it, in whatever order its frames came.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property, lru_cache
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from streams.quality import SECOND, Flags, Floats, Instants, Params
from streams.samples import Frames, Rows, no_frames

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


@dataclass(eq=False)
class Samples:
    """One series in time order: what the device told, and where it was judged, ``value`` and
    ``flag``; none where it was not.

    ``first`` is the instant of the first value that was ever seen of it, far away where none was.
    """

    series: Key
    unit: str
    at: Instants
    told: Floats
    first: int
    value: Floats
    flag: Flags
    tests: Mapping[str, Flags]

    @property
    def name(self) -> str:
        """The observed property."""
        return self.series[0]

    @property
    def values(self) -> Instants:
        """The instants at which the device told a value."""
        missing = np.isnan(self.told)
        return self.at[~missing] if np.count_nonzero(missing) else self.at

    @cached_property
    def rhythm(self) -> tuple[int, int, int] | None:
        """The instants of the first value and of the last, and the longest time from one to the
        next, microseconds; None where there is no value."""
        values = self.values
        if not len(values):
            return None
        widest = int((values[1:] - values[:-1]).max()) if len(values) > 1 else 0
        return int(values[0]), int(values[-1]), widest


NOTHING: tuple[Floats, Flags, Mapping[str, Flags]] = np.empty(0), np.empty(0, np.uint8), {}
"""Value, flag and tests of what was not judged."""
NO_SAMPLES = Samples(WHOLE, "", np.empty(0, np.int64), np.empty(0), 0, *NOTHING)


@dataclass(eq=False)
class Evidence:
    """What the conditions of a device are seen from; instants in UTC microseconds.

    Nothing before ``since`` is looked at, and nobody looks back further than ``day``; so what
    opened or closed before ``begin``, a day after, is settled. ``periods`` are the nominal ones:
    from, to and seconds. ``deployed`` are the spans in which the device stands somewhere, None
    where nobody says. ``erased`` is what nobody may know any more. ``tables`` are the rows of all
    series. ``heard`` is the last arrival that was known before this batch, 0 where there was none;
    ``listening`` since when anybody listens.

    Nobody changes one; it is not frozen because that takes as long as a kind that is idle, each
    time that a device is looked at.
    """

    since: int
    clock: int
    day: int
    periods: Sequence[tuple[int, int, float]]
    frames: Frames = field(default_factory=no_frames)
    tables: Sequence[Rows] = ()
    samples: Samples = NO_SAMPLES
    deployed: Sequence[Span] | None = None
    erased: Sequence[Span] = ()
    every_frame: bool = True
    heard: int = 0
    listening: int = 0
    _told: dict[Callable[["Evidence"], Any], Any] = field(
        default_factory=dict, compare=False, repr=False
    )

    def of(self, samples: Samples) -> "Evidence":
        """The same, of one series."""
        seen = object.__new__(Evidence)
        vars(seen).update(vars(self), samples=samples)
        return seen

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
        if len(self.periods) == 1:
            return self.shortest(periods, least)
        wait = self._wait(self.period(at), periods, least)
        return max(wait, self._wait(self.period(at + wait), periods, least))

    def shortest(self, periods: float, least: float) -> int:
        """The shortest patience of all times, microseconds."""
        return self._wait(self.once(shortest_period), periods, least)

    @staticmethod
    @lru_cache(maxsize=1024)
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


def shortest_period(evidence: Evidence) -> float:
    """The shortest nominal period of all times, seconds."""
    return min(period for _, _, period in evidence.periods)


def last_frame(evidence: Evidence) -> int:
    """The instant of the last frame, far back where there is none."""
    at = evidence.frames["at"]
    return int(at[-1]) if len(at) else -(1 << 62)


def _perhaps(_: Evidence, __: Any) -> bool:
    return False


@dataclass(frozen=True)
class ConditionKind:
    """``find(evidence, params, said)`` gives all conditions of this kind that the evidence shows,
    those among them that were ``said`` and are not settled.

    ``idle(evidence, params)`` is a cheap look first: where it is true and nothing was said, nothing
    can be found. It may be false for nothing, never true for something.

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
    idle: "Callable[[Evidence, Any], bool]" = _perhaps


def utc(at: int) -> str:
    """An instant as people read it, to the second."""
    return datetime.fromtimestamp(at // SECOND, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
