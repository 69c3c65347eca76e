"""Incomplete: too few of the values that should have come have come.

At the begin of every hour in which the device talks, the values of the day before are counted
against those that its nominal period promises. A device that is silent is silent, not incomplete.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from streams.conditions import (
    HOUR,
    Condition,
    ConditionKind,
    Evidence,
    Levels,
    last_frame,
    shortest_period,
    utc,
)
from streams.conditions.episodes import episodes
from streams.quality import SECOND, Floats, Instants, Params

_FEWEST = 4
"""Of fewer values in a day no share can be told."""
_ROUNDING = 1.0
"""Microseconds, far above what sums of a day's are off."""


class Incomplete(Params):
    """``target``: the share below which it opens; it closes at ``hysteresis`` above."""

    target: float = Field(0.75, gt=0, le=1)
    hysteresis: float = Field(0.05, ge=0, lt=1)


def _find(evidence: Evidence, params: Incomplete, said: Sequence[Condition]) -> list[Condition]:
    of, day = evidence.samples, evidence.day
    at, due = evidence.once(_hours)
    told = at - day >= of.first
    at, due = at[told], due[told]
    values = of.values
    came = np.searchsorted(values, at) - np.searchsorted(values, at - day)
    share = came / due
    reached: Levels = (share < params.target).astype(np.int64)
    stays: Levels = (share < min(params.target + params.hysteresis, 1.0)).astype(np.int64)

    def reason(i: int, _: int) -> str:
        return (
            f"{came[i]} of {due[i]:.0f} values of {of.name} in the {day / HOUR:g} h before "
            f"{utc(int(at[i]))}: under {params.target:.0%}"
        )

    return episodes("incomplete", evidence, said, at, (reached, stays), reason)


def _idle(evidence: Evidence, params: Incomplete) -> bool:
    """No hour is told yet, or the gaps between values are too short to make up what may lack.

    n values in a day leave n + 1 gaps that cover it. So day <= (n + 1) longest gap, and
    day <= (n + 1) period + what all gaps in sight are longer than the period; either says how
    many values there are at least in any day.
    """
    of, day, end = evidence.samples, evidence.day, evidence.once(last_frame)
    start = max(of.first, evidence.since)
    if end - day < start:
        return True
    if of.rhythm is None:
        return False
    period, (first, last, widest) = evidence.once(shortest_period) * SECOND, of.rhythm
    enough = params.target * day + period + _ROUNDING
    if day * period / max(widest, first - start, end - last, 1) > enough:
        return True
    edges = max(first - start - period, 0) + max(end - last - period, 0)
    excess = np.maximum(np.diff(of.values) - period, 0).sum() + edges
    return bool(day - excess > enough)


def _hours(evidence: Evidence) -> tuple[Instants, Floats]:
    """The hours in which the device talks after a day of which something can be told, and how
    many values were due in that day."""
    hours = evidence.frames["at"] // HOUR
    at = hours[np.append(True, np.diff(hours) > 0)[: len(hours)]] * HOUR
    at = at[(at >= evidence.begin) & _deployed(evidence, at)]
    due = evidence.expected(at - evidence.day, at)
    return at[due >= _FEWEST], due[due >= _FEWEST]


def _deployed(evidence: Evidence, at: Instants) -> NDArray[np.bool_]:
    """Whether the device stood somewhere all of the day before."""
    if evidence.deployed is None:
        return np.ones(len(at), np.bool_)
    there = np.zeros(len(at), np.bool_)
    for start, end in evidence.deployed:
        there |= (at - evidence.day >= start) & (at <= end)
    return there


INCOMPLETE = ConditionKind("incomplete", Incomplete, _find, idle=_idle)
