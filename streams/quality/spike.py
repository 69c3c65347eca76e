"""Spike: a sample that leaves its neighbours.

Source: QARTOD, test "spike"; the average and the differential method of ioos_qc. A neighbour
beyond ``max_gap`` is no neighbour: across a gap it says nothing. The two neighbours of a spike
are off the line as well, by half of it: three flags may move.
"""

from typing import Literal

import numpy as np
from pydantic import Field

from streams.quality import (
    LONGEST,
    MISSING,
    SECOND,
    Columns,
    Flags,
    Floats,
    Numbers,
    Params,
    QualityTest,
    graded,
    micros,
    number,
)

Method = Literal["average", "differential"]


class Spike(Params):
    """Deviations in the property's unit, 0 disables one; ``max_gap`` in seconds.

    ``method``: ``average``, how far a sample is from the middle of its neighbours, or
    ``differential``, the smaller step of two that go opposite ways.
    """

    suspect: float = Field(0.0, ge=0)
    fail: float = Field(0.0, ge=0)
    max_gap: float = Field(gt=0, le=LONGEST)
    method: Method = "average"


def max_gap(params: Spike) -> int:
    """Microseconds."""
    return micros(params.max_gap)


def deviation(x: Floats, method: Method) -> Floats:
    """How far each sample leaves its neighbours; NaN at both ends and beside a missing value."""
    found = np.full(len(x), np.nan)
    if len(x) > 2:
        before, here, after = x[:-2], x[1:-1], x[2:]
        if method == "average":
            found[1:-1] = np.abs(here - (before + after) / 2.0)
        else:
            up, down = here - before, after - here
            turns = up * down < 0
            smaller = np.minimum(np.abs(up), np.abs(down))
            found[1:-1] = np.where(turns | np.isnan(smaller), smaller, 0.0)
    return found


def _left(columns: Columns, params: Spike) -> Floats:
    """How far each sample leaves its neighbours; NaN across a gap too."""
    found = deviation(columns.value, params.method)
    apart = np.diff(columns.time) > max_gap(params)
    found[1:][apart] = np.nan
    found[:-1][apart] = np.nan
    return found


def _check(columns: Columns, params: Spike) -> Flags:
    flags = graded(_left(columns, params), params.suspect or None, params.fail or None)
    flags[np.isnan(columns.value)] = MISSING
    return flags


def _explain(columns: Columns, params: Spike, i: int) -> Numbers:
    beside: dict[str, float | None] = {}
    for name, k in (("before", i - 1), ("after", i + 1)):
        there = 0 <= k < len(columns.time)
        away = abs(int(columns.time[k] - columns.time[i])) / SECOND if there else None
        beside |= {name: number(columns.value[k]) if there else None, f"{name}_s": away}
    return beside | {"deviation": number(_left(columns, params)[i])}


SPIKE = QualityTest("spike", Spike, _check, look_back=max_gap, look_ahead=max_gap, explain=_explain)
