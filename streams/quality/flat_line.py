"""Flat line: a sensor that repeats itself.

Source: QARTOD, test "flat line", by time instead of counts: the window of a sample at t is
(t - threshold, t], and nothing is said until its samples span nine tenths of it.
"""

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from streams.quality import (
    FAIL,
    GOOD,
    LONGEST,
    MISSING,
    SECOND,
    SUSPECT,
    UNKNOWN,
    Columns,
    Flags,
    Floats,
    Params,
    QualityTest,
)

_SPANNED = 9, 10


class FlatLine(Params):
    """Durations in seconds; ``tolerance`` in the property's unit, above 0."""

    suspect: float = Field(gt=0, le=LONGEST)
    fail: float = Field(gt=0, le=LONGEST)
    tolerance: float = Field(gt=0)

    @model_validator(mode="after")
    def _ordered(self) -> "FlatLine":
        if self.suspect > self.fail:
            raise ValueError("flat_line: suspect must not be longer than fail")
        return self


def _micros(seconds: float) -> int:
    return round(seconds * SECOND)


def _spread(x: Floats, first: NDArray[np.intp], last: NDArray[np.intp]) -> Floats:
    """max - min of x over [first, last], by a sparse table: exact, n log n, no loop over rows."""
    low = np.where(np.isnan(x), np.inf, x)
    high = np.where(np.isnan(x), -np.inf, x)
    result = np.empty(len(x))
    level = np.frexp((last - first + 1).astype(np.float64))[1] - 1
    for k in range(int(level.max(initial=0)) + 1):
        rows = np.flatnonzero(level == k)
        other = last[rows] - (1 << k) + 1
        result[rows] = np.maximum(high[first[rows]], high[other]) - np.minimum(
            low[first[rows]], low[other]
        )
        step = 1 << k
        if step < len(x):
            low = np.minimum(low, np.append(low[step:], np.full(step, np.inf)))
            high = np.maximum(high, np.append(high[step:], np.full(step, -np.inf)))
    return result


def _flat(columns: Columns, threshold: int, tolerance: float) -> tuple[NDArray[np.bool_], ...]:
    """Whether each sample's window is spanned, and whether it is flat."""
    t, x = columns.time, columns.value
    n = len(t)
    here = np.arange(n)
    first = np.searchsorted(t, t - threshold, side="right")
    present = ~np.isnan(x)
    latest = np.maximum.accumulate(np.where(present, here, -1))
    earliest = np.minimum.accumulate(np.where(present, here, n)[::-1])[::-1][first]
    some = earliest <= latest
    span = np.where(some, t[latest] - t[np.minimum(earliest, n - 1)], -1)
    spanned = _SPANNED[1] * span >= _SPANNED[0] * threshold
    with np.errstate(invalid="ignore"):
        return spanned, _spread(x, first, here) < tolerance


def _check(columns: Columns, params: FlatLine) -> Flags:
    flags = np.full(len(columns.value), UNKNOWN, np.uint8)
    if len(flags):
        for seconds, flag in ((params.suspect, SUSPECT), (params.fail, FAIL)):
            spanned, flat = _flat(columns, _micros(seconds), params.tolerance)
            flags[spanned & (flags == UNKNOWN)] = GOOD
            flags[spanned & flat] = flag
    flags[np.isnan(columns.value)] = MISSING
    return flags


FLAT_LINE = QualityTest(
    "flat_line", FlatLine, _check, look_back=lambda params: _micros(params.fail)
)
