"""Flat line as in ioos_qc: by counts, of the median interval of all that is given.

A tolerance of 0 flags nothing, not even a constant signal. Fewer than three samples are good.
"""

import numpy as np
from pydantic import AliasChoices, Field

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
from streams.quality.ioos_qc.interval import interval
from streams.quality.rolling import spread

_FEWEST = 3


class FlatLine(Params):
    """Thresholds in seconds, ``tolerance`` in the property's unit.

    ``period`` in seconds is taken for the interval of the series where it is given, so that a
    part of a series is judged like the whole.
    """

    suspect_threshold: float = Field(
        ge=0, le=LONGEST, validation_alias=AliasChoices("suspect_threshold", "suspect")
    )
    fail_threshold: float = Field(
        ge=0, le=LONGEST, validation_alias=AliasChoices("fail_threshold", "fail")
    )
    tolerance: float = 0.0
    period: int | None = Field(None, gt=0)


def _check(columns: Columns, params: FlatLine) -> Flags:
    x = columns.value
    here = np.arange(len(x))
    flags = np.full(len(x), GOOD, np.uint8)
    step = params.period or interval(columns.time)
    if len(x) >= _FEWEST and step:
        for threshold, flag in ((params.suspect_threshold, SUSPECT), (params.fail_threshold, FAIL)):
            count = int(threshold) // step
            flat = spread(x, np.maximum(here - count, 0)) < params.tolerance
            flags[flat & (here >= count)] = flag
    elif len(x) >= _FEWEST:
        flags[:] = UNKNOWN
    flags[np.isnan(x)] = MISSING
    return flags


FLAT_LINE = QualityTest("flat_line", FlatLine, _check, look_back=lambda _: micros(LONGEST))
