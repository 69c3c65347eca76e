"""Attenuated signal: a sensor that hardly moves any more.

Source: QARTOD, test "attenuated signal". The window of a sample at t is (t - period, t], and
nothing is said until its samples span nine tenths of it.
"""

from typing import Literal

import numpy as np
from numpy.typing import NDArray
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
    Floats,
    Numbers,
    Params,
    QualityTest,
    micros,
    number,
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


def _strength(columns: Columns, params: AttenuatedSignal) -> tuple[NDArray[np.bool_], Floats]:
    """Whether enough of each window is there, and how much the signal moves in it."""
    t, x = columns.time, columns.value
    first = starts(t, micros(params.period))
    judged = spanned(t, x, first, micros(params.period))
    return judged, deviation(x, first) if params.method == "std" else spread(x, first)


def _check(columns: Columns, params: AttenuatedSignal) -> Flags:
    x = columns.value
    flags = np.full(len(x), UNKNOWN, np.uint8)
    if len(x):
        judged, strength = _strength(columns, params)
        flags[judged] = GOOD
        flags[judged & (strength < params.suspect)] = SUSPECT
        flags[judged & (strength < params.fail)] = FAIL
    flags[np.isnan(x)] = MISSING
    return flags


def _explain(columns: Columns, params: AttenuatedSignal, i: int) -> Numbers:
    judged, strength = _strength(columns, params)
    return {"strength": number(strength[i]) if judged[i] else None}


ATTENUATED_SIGNAL = QualityTest(
    "attenuated_signal",
    AttenuatedSignal,
    _check,
    look_back=lambda params: micros(params.period),
    explain=_explain,
)
