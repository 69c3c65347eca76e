"""One judged series, as the ways to combine it take it."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from streams.quality import GOOD, SECOND, UNKNOWN, Flags, Floats, Instants

Index = NDArray[np.intp]

HOLD_MAX = 3 * 3600 * SECOND
"""Microseconds: no value holds longer, however seldom a device sends."""

_PERIODS = 2.5
"""Nominal periods that a value holds: one frame may be lost, two make a gap."""


_MOST = 1e150
"""The squares of millions of such values still add up to a number."""


def hold(period: Floats) -> Instants:
    """How long a value holds at most, microseconds, where a sample comes every ``period`` s."""
    return np.minimum(np.rint(_PERIODS * period * SECOND), HOLD_MAX).astype(np.int64)


@dataclass(frozen=True)
class Line:
    """The samples of one series in time order, one for each instant.

    ``time`` in microseconds is where they lie in the line of time, ``utc`` when they were measured:
    the same, but in a panel of series. ``period`` is the time in seconds that each sample stands
    for; ``modulus`` where a counter begins again, in its unit, NaN where that is not known.
    """

    time: Instants
    value: Floats
    flag: Flags
    period: Floats
    modulus: Floats
    utc: Instants | None = None

    @cached_property
    def usable(self) -> Index:
        """Places of the values that count: flag 1 or 2, and small enough to be added up."""
        usable = (self.flag == GOOD) | (self.flag == UNKNOWN)
        return np.flatnonzero(usable & (np.abs(self.value) <= _MOST))

    @cached_property
    def at(self) -> Instants:
        """Where the usable values lie in the line of time."""
        return self.time[self.usable]

    @cached_property
    def measured_at(self) -> Instants:
        """The instants of the usable values, UTC microseconds."""
        return self.at if self.utc is None else self.utc[self.usable]

    @cached_property
    def x(self) -> Floats:
        """The usable values."""
        return self.value[self.usable]

    @cached_property
    def stands(self) -> Floats:
        """The time in seconds that each usable value stands for."""
        return self.period[self.usable]

    @cached_property
    def holding(self) -> Index:
        """Which of the usable values hold until the next one, places among them.

        The last holds nothing before the next has come: a function of the samples, not of now.
        """
        return np.flatnonzero(np.diff(self.at) <= hold(self.stands)[:-1])
