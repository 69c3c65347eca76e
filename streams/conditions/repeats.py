"""Repeats: the device sends the same frame counter again, in other frames.

Two devices with one identity, or one that does not count: what it counts as lost means nothing.
"""

from collections.abc import Sequence

import numpy as np
from pydantic import Field

from streams.conditions import Condition, ConditionKind, Evidence, Levels
from streams.conditions.counters import left_out, steps
from streams.conditions.episodes import episodes
from streams.quality import Params


class Repeats(Params):
    """It opens where more than ``share`` of a day's frames, and at least ``count``, repeat the
    counter of the one before; it closes at half of the share."""

    share: float = Field(0.1, ge=0, lt=1)
    count: int = Field(5, ge=1)


def _find(evidence: Evidence, params: Repeats, said: Sequence[Condition]) -> list[Condition]:
    found = evidence.once(steps)
    again, came = found.of_a_day(evidence, found.repeat)
    share = again / np.maximum(came, 1)
    reached: Levels = ((share > params.share) & (again >= params.count)).astype(np.int64)
    stays: Levels = ((share > params.share / 2) & (again > 0)).astype(np.int64)

    def reason(i: int, _: int) -> str:
        return f"{again[i]} of {came[i]} frames of a day repeat a frame counter: {share[i]:.0%}"

    return episodes("repeats", evidence, said, found.at, (reached, stays), reason)


def _idle(evidence: Evidence, params: Repeats) -> bool:
    if evidence.once(left_out) is not None:
        return True
    return bool(np.count_nonzero(evidence.once(steps).repeat) < params.count)


REPEATS = ConditionKind("repeats", Repeats, _find, series=False, idle=_idle)
