"""Rate of change: faster than nature or the thing can be.

Source: QARTOD, test "rate of change". The first sample, one after a missing value and one after
a gap have nothing to be compared with and are not evaluated.
"""

import numpy as np
from pydantic import Field

from streams.duration import HOUR
from streams.quality import (
    LONGEST,
    MISSING,
    Columns,
    Flags,
    Floats,
    Numbers,
    Params,
    QualityTest,
    graded,
    micros,
    number,
)


class RateOfChange(Params):
    """Rates in the property's unit per hour, up or down; ``max_gap`` in seconds."""

    suspect: float = Field(gt=0)
    fail: float | None = Field(None, gt=0)
    max_gap: float = Field(gt=0, le=LONGEST)


def max_gap(params: RateOfChange) -> int:
    """Microseconds."""
    return micros(params.max_gap)


def _rate(columns: Columns, params: RateOfChange) -> Floats:
    """Units per hour since the sample before, NaN where there is none to compare with."""
    t, x = columns.time, columns.value
    rate = np.full(len(x), np.nan)
    if len(x):
        step = np.diff(t)
        near = (step > 0) & (step <= max_gap(params))
        np.divide(np.abs(np.diff(x)), step / HOUR, out=rate[1:], where=near)
    return rate


def _check(columns: Columns, params: RateOfChange) -> Flags:
    flags = graded(_rate(columns, params), params.suspect, params.fail)
    flags[np.isnan(columns.value)] = MISSING
    return flags


def _explain(columns: Columns, params: RateOfChange, i: int) -> Numbers:
    t, x = columns.time, columns.value
    before, hours = (number(x[i - 1]), int(t[i] - t[i - 1]) / HOUR) if i else (None, None)
    return {"before": before, "hours": hours, "rate": number(_rate(columns, params)[i])}


RATE_OF_CHANGE = QualityTest(
    "rate_of_change", RateOfChange, _check, look_back=max_gap, explain=_explain
)
