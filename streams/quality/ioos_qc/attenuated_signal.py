"""Attenuated signal as in ioos_qc: over a period, or over all that is given."""

from typing import Literal

import numpy as np
from pydantic import AliasChoices, Field, model_validator

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
    Params,
    QualityTest,
    micros,
)
from streams.quality.ioos_qc.interval import interval
from streams.quality.rolling import deviation, spread, starts


class AttenuatedSignal(Params):
    """Thresholds in the property's unit, ``test_period`` and ``min_period`` in seconds.

    Without ``min_obs`` one sample does, and a first sample deviates by 0: it fails.
    """

    suspect_threshold: float = Field(validation_alias=AliasChoices("suspect_threshold", "suspect"))
    fail_threshold: float = Field(validation_alias=AliasChoices("fail_threshold", "fail"))
    test_period: float | None = Field(
        None, gt=0, le=LONGEST, validation_alias=AliasChoices("test_period", "period")
    )
    min_obs: int | None = Field(None, ge=0)
    min_period: int | None = Field(None, ge=0)
    check_type: Literal["std", "range"] = Field(
        "std", validation_alias=AliasChoices("check_type", "method")
    )

    @model_validator(mode="after")
    def _one(self) -> "AttenuatedSignal":
        if self.min_obs is not None and self.min_period is not None:
            raise ValueError("attenuated_signal: give min_obs or min_period, not both")
        return self


def _fewest(columns: Columns, params: AttenuatedSignal) -> int:
    if params.min_obs is not None:
        return params.min_obs
    step = interval(columns.time)
    return params.min_period // step if params.min_period and step else 1


def _strength(columns: Columns, params: AttenuatedSignal) -> Floats:
    x = columns.value
    here = np.arange(len(x))
    if params.test_period is None:
        whole = np.std if params.check_type == "std" else np.ptp
        present = x[~np.isnan(x)]
        return np.full(len(x), whole(present) if len(present) else np.nan)
    first = starts(columns.time, micros(params.test_period))
    total = np.append([0], np.cumsum(~np.isnan(x)))
    present = total[here + 1] - total[first]
    found = deviation(x, first) if params.check_type == "std" else spread(x, first)
    if params.check_type == "range":
        found[present < here - first + 1] = np.nan
    found[present < _fewest(columns, params)] = np.nan
    return found


def _check(columns: Columns, params: AttenuatedSignal) -> Flags:
    strength = _strength(columns, params)
    flags = np.full(len(strength), UNKNOWN, np.uint8)
    flags[strength >= params.suspect_threshold] = GOOD
    flags[strength < params.suspect_threshold] = SUSPECT
    flags[strength < params.fail_threshold] = FAIL
    flags[np.isnan(columns.value)] = MISSING
    return flags


ATTENUATED_SIGNAL = QualityTest(
    "attenuated_signal", AttenuatedSignal, _check, look_back=lambda _: micros(LONGEST)
)
