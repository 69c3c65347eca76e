"""Flat line: a sensor that repeats itself.

Source: QARTOD, test "flat line", by time instead of counts: the window of a sample at t is
(t - threshold, t], and nothing is said until its samples span nine tenths of it.
"""

import numpy as np
from pydantic import Field, model_validator

from streams.quality import (
    FAIL,
    GOOD,
    LONGEST,
    MISSING,
    SUSPECT,
    UNKNOWN,
    Columns,
    Flags,
    Numbers,
    Params,
    QualityTest,
    micros,
    outside,
)
from streams.quality.rolling import spanned, spread, starts


class FlatLine(Params):
    """Durations in seconds; ``tolerance`` in the property's unit, above 0.

    A value within ``rest``, bounds included, may stay as it is: air that is saturated, a bed
    that is dry.
    """

    suspect: float = Field(gt=0, le=LONGEST)
    fail: float = Field(gt=0, le=LONGEST)
    tolerance: float = Field(gt=0)
    rest: tuple[float, float] | None = None

    @model_validator(mode="after")
    def _ordered(self) -> "FlatLine":
        if self.suspect > self.fail:
            raise ValueError("flat_line: suspect must not be longer than fail")
        if self.rest and self.rest[0] > self.rest[1]:
            raise ValueError("flat_line: rest must be a span, lower bound first")
        return self


def _check(columns: Columns, params: FlatLine) -> Flags:
    t, x = columns.time, columns.value
    flags = np.full(len(x), UNKNOWN, np.uint8)
    awake = outside(x, params.rest) if params.rest else np.ones(len(x), np.bool_)
    if len(x):
        for seconds, flag in ((params.suspect, SUSPECT), (params.fail, FAIL)):
            first = starts(t, micros(seconds))
            judged = spanned(t, x, first, micros(seconds))
            flags[judged & (flags == UNKNOWN)] = GOOD
            flags[judged & awake & (spread(x, first) < params.tolerance)] = flag
    flags[np.isnan(x)] = MISSING
    return flags


def _explain(columns: Columns, params: FlatLine, i: int) -> Numbers:
    """The spread of each window whose samples span enough of it, and whether the value may rest."""
    t, x = columns.time, columns.value
    found: dict[str, float | bool | None] = {}
    for name, seconds in (("suspect", params.suspect), ("fail", params.fail)):
        first = starts(t, micros(seconds))
        whole = spanned(t, x, first, micros(seconds))[i]
        found[f"{name}_spread"] = float(spread(x, first)[i]) if whole else None
    rests = params.rest is not None and not outside(x[i : i + 1], params.rest)[0]
    return found | {"rests": bool(rests)}


FLAT_LINE = QualityTest(
    "flat_line",
    FlatLine,
    _check,
    look_back=lambda params: micros(params.fail),
    explain=_explain,
)
