"""Incomplete: too few of the values that should have come have come.

At the begin of every hour in which the device talks, the values of the day before are counted
against those that its nominal period promises. A device that is silent is silent, not incomplete.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from streams.conditions import HOUR, Condition, ConditionKind, Evidence, Levels, episodes, utc
from streams.quality import Floats, Instants, Params

_FEWEST = 4
"""Of fewer values in a day no share can be told."""


class Incomplete(Params):
    """``target``: the share below which it opens; it closes at ``hysteresis`` above."""

    target: float = Field(0.75, gt=0, le=1)
    hysteresis: float = Field(0.05, ge=0, lt=1)


def _find(evidence: Evidence, params: Incomplete, said: Sequence[Condition]) -> list[Condition]:
    of, day = evidence.samples, evidence.day
    at, due = evidence.once(_hours)
    told = at - day >= of.first
    at, due = at[told], due[told]
    values = of.at[~np.isnan(of.value)]
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


INCOMPLETE = ConditionKind("incomplete", Incomplete, _find)
