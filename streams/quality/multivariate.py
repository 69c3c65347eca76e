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
    Floats,
    Numbers,
    Params,
    QualityTest,
    number,
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


def _excess(columns: Columns, params: Multivariate) -> dict[str, Floats]:
    """By how much each rule is broken; not above 0 where it is kept."""
    x = columns.value
    found = {f"below {name}": columns.sibling(name) - x for name in params.at_least}
    found |= {f"above {name}": x - columns.sibling(name) for name in params.at_most}
    parts = [columns.sibling(name) for name in params.sum_of]
    return found | ({"off the sum": np.abs(x - np.sum(parts, axis=0))} if parts else {})


def _check(columns: Columns, params: Multivariate) -> Flags:
    x = columns.value
    wrong = np.stack(list(_excess(columns, params).values()))
    flags = np.full(len(x), GOOD, np.uint8)
    flags[np.isnan(wrong).any(axis=0)] = UNKNOWN
    flags[(wrong > params.tolerance).any(axis=0)] = SUSPECT
    flags[np.isnan(x)] = MISSING
    return flags


def _explain(columns: Columns, params: Multivariate, i: int) -> Numbers:
    return {name: number(wrong[i]) for name, wrong in _excess(columns, params).items()}


MULTIVARIATE = QualityTest("multivariate", Multivariate, _check, inputs=inputs, explain=_explain)
