"""Clock: the device's own clock is wrong, so what it dates itself is dated wrongly.

The offset is from the device's clock to the network server's when the frame was sent. A device that
tells no time has none.
"""

from collections.abc import Sequence

import numpy as np
from pydantic import Field

from streams.conditions import Condition, ConditionKind, Evidence, Levels, episodes, recent
from streams.quality import LONGEST, Params


class Clock(Params):
    """``limit`` in seconds, either way, in each of the last ``frames`` of a day; one within it
    closes it."""

    limit: float = Field(300, gt=0, le=LONGEST)
    frames: int = Field(3, ge=1, le=100)


def _find(evidence: Evidence, params: Clock, said: Sequence[Condition]) -> list[Condition]:
    at, offset = evidence.offsets
    wrong = np.abs(offset) > params.limit
    if not said and not wrong.any():
        return []
    total = np.append(0, np.cumsum(wrong))
    first = np.arange(len(at)) - params.frames + 1
    seen = first >= recent(at, evidence.day)
    all_wrong = total[1:] - total[np.maximum(first, 0)] == params.frames
    reached: Levels = (seen & all_wrong).astype(np.int64)

    def reason(i: int, _: int) -> str:
        side = "ahead" if offset[i] > 0 else "behind"
        return f"the device's clock is {abs(offset[i]):.0f} s {side}, in {params.frames} frames"

    return episodes("clock", evidence, said, at, (reached, wrong.astype(np.int64)), reason)


CLOCK = ConditionKind("clock", Clock, _find, series=False)
