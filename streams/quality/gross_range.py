"""Gross range: what the sensor or the place cannot give.

Source: QARTOD, test "gross range" (required).
"""

import numpy as np
from pydantic import model_validator

from streams.quality import (
    FAIL,
    GOOD,
    MISSING,
    SUSPECT,
    Columns,
    Flags,
    Numbers,
    Params,
    QualityTest,
    number,
    outside,
)


class GrossRange(Params):
    """Spans in the property's unit, bounds inclusive; ``suspect`` lies within ``fail``."""

    fail: tuple[float, float]
    suspect: tuple[float, float] | None = None

    @model_validator(mode="after")
    def _nested(self) -> "GrossRange":
        low, high = self.suspect or self.fail
        if not self.fail[0] <= low <= high <= self.fail[1]:
            raise ValueError("gross_range: suspect must be a span within fail, lower bound first")
        return self


def _check(columns: Columns, params: GrossRange) -> Flags:
    x = columns.value
    flags = np.full(len(x), GOOD, np.uint8)
    if params.suspect:
        flags[outside(x, params.suspect)] = SUSPECT
    flags[outside(x, params.fail)] = FAIL
    flags[np.isnan(x)] = MISSING
    return flags


def _explain(columns: Columns, _params: GrossRange, i: int) -> Numbers:
    return {"value": number(columns.value[i])}


GROSS_RANGE = QualityTest("gross_range", GrossRange, _check, explain=_explain)
