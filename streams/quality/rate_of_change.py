"""Rate of change: faster than nature or the thing can be.

Source: QARTOD, test "rate of change". The first sample, one after a missing value and one after
a gap have nothing to be compared with and are not evaluated.
"""

import numpy as np
from pydantic import Field

from streams.quality import (
    LONGEST,
    MISSING,
    SECOND,
    Columns,
    Flags,
    Params,
    QualityTest,
    graded,
    micros,
)

HOUR = 3600 * SECOND


class RateOfChange(Params):
    """Rates in the property's unit per hour, up or down; ``max_gap`` in seconds."""

    suspect: float = Field(gt=0)
    fail: float | None = Field(None, gt=0)
    max_gap: float = Field(gt=0, le=LONGEST)


def max_gap(params: RateOfChange) -> int:
    """Microseconds."""
    return micros(params.max_gap)


def _check(columns: Columns, params: RateOfChange) -> Flags:
    t, x = columns.time, columns.value
    rate = np.full(len(x), np.nan)
    if len(x):
        step = np.diff(t)
        near = (step > 0) & (step <= max_gap(params))
        np.divide(np.abs(np.diff(x)), step / HOUR, out=rate[1:], where=near)
    flags = graded(rate, params.suspect, params.fail)
    flags[np.isnan(x)] = MISSING
    return flags


RATE_OF_CHANGE = QualityTest("rate_of_change", RateOfChange, _check, look_back=max_gap)
