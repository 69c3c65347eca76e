"""Losses: frames that the device counted did not arrive.

The frame counter leaps over them. A network server that forwards a choice of frames makes leaps
of its own: where the network is declared so, none are counted.
"""

from collections.abc import Sequence

import numpy as np
from pydantic import Field

from streams.conditions import Condition, ConditionKind, Evidence, Levels
from streams.conditions.counters import left_out, steps
from streams.conditions.episodes import episodes
from streams.quality import Params


class Losses(Params):
    """It opens where more than ``share`` of a day's frames, and at least ``count``, were lost;
    it closes at half of the share."""

    share: float = Field(0.1, ge=0, lt=1)
    count: int = Field(5, ge=1)


def _find(evidence: Evidence, params: Losses, said: Sequence[Condition]) -> list[Condition]:
    if not evidence.every_frame:
        return []
    found = evidence.once(steps)
    lost, came = found.of_a_day(evidence, found.lost)
    share = lost / np.maximum(lost + came, 1)
    reached: Levels = ((share > params.share) & (lost >= params.count)).astype(np.int64)
    stays: Levels = ((share > params.share / 2) & (lost > 0)).astype(np.int64)

    def reason(i: int, _: int) -> str:
        return f"{lost[i]} of {lost[i] + came[i]} frames of a day lost: {share[i]:.0%}"

    return episodes("losses", evidence, said, found.at, (reached, stays), reason)


def _idle(evidence: Evidence, params: Losses) -> bool:
    """Too few were lost in all that is in sight."""
    if not evidence.every_frame:
        return True
    lost = evidence.once(left_out)
    return bool((evidence.once(steps).lost.sum() if lost is None else lost) < params.count)


LOSSES = ConditionKind("losses", Losses, _find, series=False, idle=_idle)
