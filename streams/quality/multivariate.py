"""Multivariate: quantities of one device that contradict each other.

Source: QARTOD, test "multi-variate"; never FAIL, for either of them may be wrong. Examples: PM10
is at least PM2.5, a dew point at most the temperature, LA50 at most LA10, a total the sum of the
directions.
"""

import numpy as np
from pydantic import Field, model_validator

from streams.quality import (
    GOOD,
    MISSING,
    SUSPECT,
    UNKNOWN,
    Columns,
    Flags,
    Params,
    QualityTest,
)


class Multivariate(Params):
    """Names of other properties of the device that the value must not be below, not be above, or
    must be the sum of; each within ``tolerance``, in the property's unit.
    """

    at_least: tuple[str, ...] = ()
    at_most: tuple[str, ...] = ()
    sum_of: tuple[str, ...] = ()
    tolerance: float = Field(0.0, ge=0)

    @model_validator(mode="after")
    def _some(self) -> "Multivariate":
        if not inputs(self):
            raise ValueError("multivariate: name other properties in at_least, at_most or sum_of")
        return self


def inputs(params: Multivariate) -> tuple[str, ...]:
    """The other properties."""
    return tuple(dict.fromkeys(params.at_least + params.at_most + params.sum_of))


def _check(columns: Columns, params: Multivariate) -> Flags:
    x = columns.value
    below = [columns.sibling(name) - x for name in params.at_least]
    above = [x - columns.sibling(name) for name in params.at_most]
    parts = [columns.sibling(name) for name in params.sum_of]
    total = [np.abs(x - np.sum(parts, axis=0))] if parts else []
    wrong = np.stack(below + above + total)
    flags = np.full(len(x), GOOD, np.uint8)
    flags[np.isnan(wrong).any(axis=0)] = UNKNOWN
    flags[(wrong > params.tolerance).any(axis=0)] = SUSPECT
    flags[np.isnan(x)] = MISSING
    return flags


MULTIVARIATE = QualityTest("multivariate", Multivariate, _check, inputs=inputs)
