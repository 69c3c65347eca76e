"""Spike: a sample that leaves the line between its neighbours.

Source: QARTOD, test "spike"; the average method of ioos_qc. A neighbour beyond ``max_gap`` is
no neighbour: across a gap the line says nothing.
"""

import numpy as np
from pydantic import Field

from streams.quality import (
    FAIL,
    GOOD,
    LONGEST,
    MISSING,
    SECOND,
    SUSPECT,
    UNKNOWN,
    Columns,
    Flags,
    Params,
    QualityTest,
)


class Spike(Params):
    """Deviations in the property's unit, 0 disables one; ``max_gap`` in seconds."""

    suspect: float = Field(0.0, ge=0)
    fail: float = Field(0.0, ge=0)
    max_gap: float = Field(gt=0, le=LONGEST)


def max_gap(params: Spike) -> int:
    """Microseconds."""
    return round(params.max_gap * SECOND)


def _check(columns: Columns, params: Spike) -> Flags:
    t, x = columns.time, columns.value
    flags = np.full(len(x), UNKNOWN, np.uint8)
    if len(x) > 2:
        before, here, after = x[:-2], x[1:-1], x[2:]
        gap = np.diff(t) > max_gap(params)
        deviation = np.abs(here - (before + after) / 2.0)
        inner = np.full(len(here), GOOD, np.uint8)
        if params.suspect:
            inner[deviation > params.suspect] = SUSPECT
        if params.fail:
            inner[deviation > params.fail] = FAIL
        inner[np.isnan(deviation) | gap[:-1] | gap[1:]] = UNKNOWN
        flags[1:-1] = inner
    flags[np.isnan(x)] = MISSING
    return flags


SPIKE = QualityTest("spike", Spike, _check, look_back=max_gap, look_ahead=max_gap)
