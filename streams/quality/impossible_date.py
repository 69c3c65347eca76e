"""Impossible date: observed after it arrived, or outside the time in which the thing existed.

Source: test 1.2 of the GTSPP Real-Time Quality Control Manual (IOC Manuals and Guides 22), as in
ioos_qc. "Now" is the arrival of the sample itself.
"""

import numpy as np
from pydantic import AwareDatetime, Field, model_validator

from streams.civil import instant
from streams.quality import (
    FAIL,
    GOOD,
    LONGEST,
    MISSING,
    SECOND,
    Columns,
    Flags,
    Numbers,
    Params,
    QualityTest,
    micros,
)


class ImpossibleDate(Params):
    """``earliest`` and ``latest``: instants with their offset, themselves possible.

    ``ahead``: seconds by which clocks may disagree.
    """

    earliest: AwareDatetime | None = None
    latest: AwareDatetime | None = None
    ahead: float = Field(0.0, ge=0, le=LONGEST)

    @model_validator(mode="after")
    def _ordered(self) -> "ImpossibleDate":
        if self.earliest and self.latest and self.earliest > self.latest:
            raise ValueError("impossible_date: earliest must not be after latest")
        return self


def _check(columns: Columns, params: ImpossibleDate) -> Flags:
    t = columns.at
    flags = np.full(len(t), GOOD, np.uint8)
    flags[t - micros(params.ahead) > columns.arrival] = FAIL
    if params.earliest is not None:
        flags[t < instant(params.earliest)] = FAIL
    if params.latest is not None:
        flags[t > instant(params.latest)] = FAIL
    flags[np.isnan(columns.value)] = MISSING
    return flags


def _explain(columns: Columns, _params: ImpossibleDate, i: int) -> Numbers:
    ahead = int(columns.at[i] - columns.arrival[i]) / SECOND
    return {"time_us": int(columns.at[i]), "ahead_s": ahead}


IMPOSSIBLE_DATE = QualityTest("impossible_date", ImpossibleDate, _check, explain=_explain)
