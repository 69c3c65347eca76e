"""Attenuated signal: a sensor that hardly moves any more.

Source: QARTOD, test "attenuated signal". The window of a sample at t is (t - period, t], and
nothing is said until its samples span nine tenths of it.
"""

from typing import Literal

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
    Params,
    QualityTest,
    micros,
)
from streams.quality.rolling import deviation, spanned, spread, starts


class AttenuatedSignal(Params):
    """Below ``suspect`` and ``fail``, in the property's unit, the signal is too quiet.

    ``method``: ``std``, the standard deviation of the population, or ``range``, the largest less
    the smallest. ``period`` in seconds.
    """

    period: float = Field(gt=0, le=LONGEST)
    suspect: float = Field(gt=0)
    fail: float = Field(0.0, ge=0)
    method: Literal["std", "range"] = "std"

    @model_validator(mode="after")
    def _ordered(self) -> "AttenuatedSignal":
        if self.fail > self.suspect:
            raise ValueError("attenuated_signal: fail must not be above suspect")
        return self


def _check(columns: Columns, params: AttenuatedSignal) -> Flags:
    t, x = columns.time, columns.value
    flags = np.full(len(x), UNKNOWN, np.uint8)
    if len(x):
        first = starts(t, micros(params.period))
        judged = spanned(t, x, first, micros(params.period))
        strength = deviation(x, first) if params.method == "std" else spread(x, first)
        flags[judged] = GOOD
        flags[judged & (strength < params.suspect)] = SUSPECT
        flags[judged & (strength < params.fail)] = FAIL
    flags[np.isnan(x)] = MISSING
    return flags


ATTENUATED_SIGNAL = QualityTest(
    "attenuated_signal", AttenuatedSignal, _check, look_back=lambda params: micros(params.period)
)
