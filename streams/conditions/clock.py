"""Clock: the device's own clock is wrong, so what it dates itself is dated wrongly.

The offset is from the device's clock to the network server's when the frame was sent. A device that
tells no time has none.
"""

from collections.abc import Sequence

import numpy as np
from pydantic import Field

from streams.conditions import Condition, ConditionKind, Evidence, Levels
from streams.conditions.episodes import episodes, recent
from streams.quality import LONGEST, Floats, Instants, Params


class Clock(Params):
    """``limit`` in seconds, either way, in each of the last ``frames`` of a day; one within it
    closes it."""

    limit: float = Field(300, gt=0, le=LONGEST)
    frames: int = Field(3, ge=1, le=100)


def _find(evidence: Evidence, params: Clock, said: Sequence[Condition]) -> list[Condition]:
    at, offset = _offsets(evidence)
    wrong = np.abs(offset) > params.limit
    total = np.append(0, np.cumsum(wrong))
    first = np.arange(len(at)) - params.frames + 1
    seen = first >= recent(at, evidence.day)
    all_wrong = total[1:] - total[np.maximum(first, 0)] == params.frames
    reached: Levels = (seen & all_wrong).astype(np.int64)

    def reason(i: int, _: int) -> str:
        side = "ahead" if offset[i] > 0 else "behind"
        return f"the device's clock is {abs(offset[i]):.0f} s {side}, in {params.frames} frames"

    return episodes("clock", evidence, said, at, (reached, wrong.astype(np.int64)), reason)


def _offsets(evidence: Evidence) -> tuple[Instants, Floats]:
    """By frame how far the device's clock was ahead, of those that tell."""
    tables = [table for table in evidence.tables if not np.isnan(table["offset"]).all()]
    if not tables:
        return np.empty(0, np.int64), np.empty(0, np.float64)
    rows = np.concatenate(tables)
    rows = rows[~np.isnan(rows["offset"])]
    ids, index = np.unique(rows["frame"], return_index=True)
    frames = evidence.frames[evidence.frames["at"] >= evidence.since]
    place = np.searchsorted(ids, frames["frame"])
    told = (place < len(ids)) & (ids[np.minimum(place, len(ids) - 1)] == frames["frame"])
    return frames["at"][told], rows["offset"][index][place[told]]


def _idle(evidence: Evidence, params: Clock) -> bool:
    """Too few are wrong, even if each value were of another frame."""
    wrong = sum([np.count_nonzero(abs(t["offset"]) > params.limit) for t in evidence.tables])
    return bool(wrong < params.frames)


CLOCK = ConditionKind("clock", Clock, _find, series=False, idle=_idle)
