"""Neighbours: a device that alone says something else than those around it.

Source: QARTOD, test "neighbor", by the modified z-score of Iglewicz and Hoaglin, "How to Detect
and Handle Outliers", 1993 (limit 3.5, 1.4826 times the median absolute deviation as the standard
deviation of a normal distribution). Never FAIL: the neighbours may be wrong.

Peers are good samples of the same property and class, within a distance, brought to the sample's
instant (``streams.quality.aligned``) within ``within`` seconds.
"""

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
    Params,
    QualityTest,
    micros,
)

_NORMAL = 1.4826


class Neighbours(Params):
    """``uncertainty`` is the least spread that means anything, in the property's unit.

    ``within`` in seconds, ``least`` a number of peers.
    """

    uncertainty: float = Field(gt=0)
    within: float = Field(gt=0, le=LONGEST)
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


def _check(columns: Columns, params: Neighbours) -> Flags:
    x = columns.value
    flags = np.full(len(x), UNKNOWN, np.uint8)
    if columns.peers and len(x):
        peers = np.sort(np.stack(list(columns.peers.values())), axis=0)
        count = np.sum(~np.isnan(peers), axis=0)
        median = _median(peers, count)
        spread = _median(np.sort(np.abs(peers - median), axis=0), count)
        far = np.abs(x - median) > params.limit * np.maximum(_NORMAL * spread, params.uncertainty)
        flags = np.where(far, np.uint8(SUSPECT), np.uint8(GOOD))
        flags[count < params.least] = UNKNOWN
    flags[np.isnan(x)] = MISSING
    return flags


NEIGHBOURS = QualityTest(
    "neighbours", Neighbours, _check, look_back=within, look_ahead=within, peers=True
)
