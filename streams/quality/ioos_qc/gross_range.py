"""Gross range as in ioos_qc: both spans may be given in either order."""

import numpy as np
from pydantic import AliasChoices, Field, field_validator, model_validator

from streams.quality import (
    FAIL,
    GOOD,
    MISSING,
    SUSPECT,
    Columns,
    Flags,
    Params,
    QualityTest,
    outside,
)

Span = tuple[float, float]


class GrossRange(Params):
    """In the property's unit, bounds inclusive."""

    fail_span: Span = Field(validation_alias=AliasChoices("fail_span", "fail"))
    suspect_span: Span | None = Field(
        None, validation_alias=AliasChoices("suspect_span", "suspect")
    )

    @field_validator("fail_span", "suspect_span")
    @classmethod
    def _sorted(cls, span: Span | None) -> Span | None:
        return None if span is None else (min(span), max(span))

    @model_validator(mode="after")
    def _nested(self) -> "GrossRange":
        if self.suspect_span and outside(np.array(self.suspect_span), self.fail_span).any():
            raise ValueError("gross_range: suspect_span must lie within fail_span")
        return self


def _check(columns: Columns, params: GrossRange) -> Flags:
    x = columns.value
    flags = np.full(len(x), GOOD, np.uint8)
    if params.suspect_span:
        flags[outside(x, params.suspect_span)] = SUSPECT
    flags[outside(x, params.fail_span)] = FAIL
    flags[np.isnan(x)] = MISSING
    return flags


GROSS_RANGE = QualityTest("gross_range", GrossRange, _check)
