"""From a level at each instant to the intervals in which there was one."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from streams.conditions import Condition, Evidence, Levels, Turn
from streams.quality import Instants


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
