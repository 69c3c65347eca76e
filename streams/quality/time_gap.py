"""Time gap: the first sample after a silence.

Source: QARTOD, test "timing/gap" (required), of a sample against the one before it. The first
sample of all follows no silence that could be measured: it is not evaluated.
"""

import numpy as np
from pydantic import Field, model_validator

from streams.quality import (
    LONGEST,
    MISSING,
    SECOND,
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

_MONTH = 31 * 86_400.0


class TimeGap(Params):
    """Seconds. A sample that follows none within ``memory`` counts as the first.

    A worker keeps the samples of ``memory``: choose it no longer than silences must be told
    from beginnings.
    """

    suspect: float | None = Field(None, gt=0)
    fail: float = Field(gt=0, le=LONGEST)
    memory: float = Field(_MONTH, gt=0, le=LONGEST)

    @model_validator(mode="after")
    def _ordered(self) -> "TimeGap":
        if not (self.suspect or self.fail) <= self.fail <= self.memory:
            raise ValueError("time_gap: suspect, fail and memory must come in this order of length")
        return self


def _gap(columns: Columns, params: TimeGap) -> Floats:
    """Microseconds since the sample before, NaN where there is none within ``memory``."""
    gap = np.full(len(columns.time), np.nan)
    if len(gap):
        step = np.diff(columns.time)
        gap[1:] = np.where(step <= micros(params.memory), step, np.nan)
    return gap


def _check(columns: Columns, params: TimeGap) -> Flags:
    suspect = None if params.suspect is None else micros(params.suspect)
    flags = graded(_gap(columns, params), suspect, micros(params.fail))
    flags[np.isnan(columns.value)] = MISSING
    return flags


def _explain(columns: Columns, params: TimeGap, i: int) -> Numbers:
    return {"gap_s": number(_gap(columns, params)[i] / SECOND)}


TIME_GAP = QualityTest(
    "time_gap",
    TimeGap,
    _check,
    look_back=lambda params: micros(params.memory),
    explain=_explain,
)
