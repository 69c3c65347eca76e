"""Clock: the device's own clock is wrong.

A device that dates its measurements itself and drifts puts right values at wrong instants. The
difference is from the device's clock to the network server's when the frame was sent, not to the
arrival: what was delivered late is not what was dated wrongly.
"""

import numpy as np
from pydantic import Field

from streams.quality import (
    LONGEST,
    MISSING,
    Columns,
    Flags,
    Numbers,
    Params,
    QualityTest,
    graded,
    number,
)

CLOCK_OFFSET = "clock_offset"


class Clock(Params):
    """Seconds, either way."""

    suspect: float = Field(300.0, gt=0, le=LONGEST)
    fail: float | None = Field(None, gt=0, le=LONGEST)


def _check(columns: Columns, params: Clock) -> Flags:
    flags = graded(np.abs(columns.sibling(CLOCK_OFFSET)), params.suspect, params.fail)
    flags[np.isnan(columns.value)] = MISSING
    return flags


def _explain(columns: Columns, _params: Clock, i: int) -> Numbers:
    return {"offset_s": number(columns.sibling(CLOCK_OFFSET)[i])}


CLOCK = QualityTest("clock", Clock, _check, inputs=lambda _: (CLOCK_OFFSET,), explain=_explain)
