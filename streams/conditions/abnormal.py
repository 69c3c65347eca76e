"""Abnormal: the quality tests do not believe what a series says.

Of the last samples too many are suspect (level 1) or bad (level 2).
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from streams.conditions import Condition, ConditionKind, Evidence, Levels
from streams.conditions.episodes import episodes, recent
from streams.quality import FAIL, MISSING, SUSPECT, Params


class Abnormal(Params):
    """``count`` of the last ``of`` values of a day open it; one fewer keeps it open."""

    count: int = Field(3, ge=1, le=1000)
    of: int = Field(5, ge=1, le=1000)

    @model_validator(mode="after")
    def _possible(self) -> "Abnormal":
        if self.count > self.of:
            raise ValueError("abnormal: count must not be more than of")
        return self


def _find(evidence: Evidence, params: Abnormal, said: Sequence[Condition]) -> list[Condition]:
    of = evidence.samples
    there = np.flatnonzero(of.flag != MISSING)
    at, flag = of.at[there], of.flag[there]
    first = np.maximum(recent(at, evidence.day), np.arange(len(at)) - params.of + 1)
    suspect, bad = (_within(first, flag == f) for f in (SUSPECT, FAIL))
    suspect += bad

    def level(count: int) -> Levels:
        return np.where(bad >= count, 2, np.where(suspect >= count, 1, 0))

    def reason(i: int, now: int) -> str:
        names = [n for n, flags in sorted(of.tests.items()) if flags[there[i]] in (SUSPECT, FAIL)]
        said_by = f" ({', '.join(names)})" if names else ""
        what, number = ("bad", bad[i]) if now > 1 else ("suspect or bad", suspect[i])
        return f"{number} of the last {i - first[i] + 1} values of {of.name} {what}{said_by}"

    levels = level(params.count), level(max(params.count - 1, 1))
    return episodes("abnormal", evidence, said, at, levels, reason)


def _idle(evidence: Evidence, params: Abnormal) -> bool:
    """Too few are suspect or bad, or even with what is missing."""
    flag, count = evidence.samples.flag, params.count
    if np.count_nonzero(flag >= SUSPECT) < count:
        return True
    return bool(np.count_nonzero((flag == SUSPECT) | (flag == FAIL)) < count)


def _within(first: NDArray[np.intp], which: NDArray[np.bool_]) -> Levels:
    """How many there are from the first one to each."""
    total = np.append(0, np.cumsum(which))
    found: Levels = total[1:] - total[first]
    return found


ABNORMAL = ConditionKind("abnormal", Abnormal, _find, judged=True, idle=_idle)
