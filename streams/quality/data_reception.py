"""Data reception: a value that came too late to act upon.

Source: the data reception test of ioos_qc. The delay is from the observation to the arrival of
this very sample, so that it reads the same whenever it is computed.
"""

import numpy as np
from pydantic import Field

from streams.quality import (
    LONGEST,
    MISSING,
    SECOND,
    Columns,
    Flags,
    Numbers,
    Params,
    QualityTest,
    graded,
    micros,
)

_SIX_HOURS = 21_600.0


class DataReception(Params):
    """Delays in seconds."""

    suspect: float | None = Field(None, gt=0, le=LONGEST)
    fail: float = Field(_SIX_HOURS, gt=0, le=LONGEST)


def _check(columns: Columns, params: DataReception) -> Flags:
    delay = (columns.arrival - columns.at).astype(np.float64)
    suspect = None if params.suspect is None else micros(params.suspect)
    flags = graded(delay, suspect, micros(params.fail))
    flags[np.isnan(columns.value)] = MISSING
    return flags


def _explain(columns: Columns, _params: DataReception, i: int) -> Numbers:
    return {"delay_s": int(columns.arrival[i] - columns.at[i]) / SECOND}


DATA_RECEPTION = QualityTest("data_reception", DataReception, _check, explain=_explain)
