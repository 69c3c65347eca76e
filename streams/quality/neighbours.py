"""Neighbours: a device that alone says something else than those around it.

Source: QARTOD, test "neighbor", by the modified z-score of Iglewicz and Hoaglin, "How to Detect
and Handle Outliers", 1993 (limit 3.5, 1.4826 times the median absolute deviation as the standard
deviation of a normal distribution). Never FAIL: the neighbours may be wrong.

Peers are devices of the same make and model within a radius: their samples of the same property and
channel that are good without this test, brought to the sample's instant within ``within`` seconds
(``streams.quality.aligned``).
"""

from collections.abc import Mapping

import numpy as np
from pydantic import Field

from streams.quality import (
    GOOD,
    LONGEST,
    MISSING,
    SUSPECT,
    UNKNOWN,
    Columns,
    Flags,
    Floats,
    Numbers,
    Params,
    QualityTest,
    micros,
    number,
)

_NORMAL = 1.4826


class Neighbours(Params):
    """``uncertainty`` is the least spread that means anything, in the property's unit.

    ``within`` in seconds, ``radius`` in metres, ``least`` a number of peers.
    """

    uncertainty: float = Field(gt=0)
    within: float = Field(gt=0, le=LONGEST)
    radius: float = Field(2000.0, gt=0, le=100_000)
    limit: float = Field(3.5, gt=0)
    least: int = Field(3, ge=3)


def within(params: Neighbours) -> int:
    """Microseconds."""
    return micros(params.within)


def _median(ordered: Floats, count: np.ndarray[tuple[int], np.dtype[np.intp]]) -> Floats:
    """Of each column's first ``count`` rows, sorted; NaN where there are none."""
    column = np.arange(ordered.shape[1])
    low = ordered[np.maximum(count - 1, 0) // 2, column]
    return np.asarray((low + ordered[count // 2, column]) / 2.0)


Counts = np.ndarray[tuple[int], np.dtype[np.intp]]


def _around(peers: Mapping[str, Floats]) -> tuple[Counts, Floats, Floats]:
    """How many peers there are at each sample, their median, and their median deviation of it."""
    ordered = np.sort(np.stack(list(peers.values())), axis=0)
    count = np.sum(~np.isnan(ordered), axis=0)
    median = _median(ordered, count)
    return count, median, _median(np.sort(np.abs(ordered - median), axis=0), count)


def _check(columns: Columns, params: Neighbours) -> Flags:
    x = columns.value
    flags = np.full(len(x), UNKNOWN, np.uint8)
    if columns.peers and len(x):
        count, median, spread = _around(columns.peers)
        far = np.abs(x - median) > params.limit * np.maximum(_NORMAL * spread, params.uncertainty)
        flags = np.where(far, np.uint8(SUSPECT), np.uint8(GOOD))
        flags[count < params.least] = UNKNOWN
    flags[np.isnan(x)] = MISSING
    return flags


def _explain(columns: Columns, params: Neighbours, i: int) -> Numbers:
    """``limit`` is how far from the median is too far."""
    here = {name: x[i : i + 1] for name, x in columns.peers.items()}
    if not here:
        return {"peers": 0, "median": None, "limit": None}
    count, median, spread = _around(here)
    limit = params.limit * np.maximum(_NORMAL * spread, params.uncertainty)
    return {"peers": int(count[0]), "median": number(median[0]), "limit": number(limit[0])}


NEIGHBOURS = QualityTest(
    "neighbours",
    Neighbours,
    _check,
    look_back=within,
    look_ahead=within,
    peers=True,
    explain=_explain,
)
