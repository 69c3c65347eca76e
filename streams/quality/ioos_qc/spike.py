"""Spike as in ioos_qc: neighbours are neighbours however far in time."""

import numpy as np
from pydantic import AliasChoices, Field

from streams.quality import LONGEST, MISSING, Columns, Flags, Params, QualityTest, graded, micros
from streams.quality.spike import Method, deviation


class Spike(Params):
    """In the property's unit; none, and 0, disable a threshold."""

    suspect_threshold: float | None = Field(
        None, validation_alias=AliasChoices("suspect_threshold", "suspect")
    )
    fail_threshold: float | None = Field(
        None, validation_alias=AliasChoices("fail_threshold", "fail")
    )
    method: Method = "average"


def _check(columns: Columns, params: Spike) -> Flags:
    x = columns.value
    flags = graded(
        deviation(x, params.method), params.suspect_threshold or None, params.fail_threshold or None
    )
    flags[np.isnan(x)] = MISSING
    return flags


def _far(_params: Spike) -> int:
    return micros(LONGEST)


SPIKE = QualityTest("spike", Spike, _check, look_back=_far, look_ahead=_far)
