"""Statistics over the window that ends at each sample: (t - length, t].

Each result depends on the values of its own window alone, rounding included: the same sample
gets the same figure whatever else is in the arrays. Running sums would not give that. Windows
are put together from blocks of 1, 2, 4, … samples: n log n, no loop over samples.

Source of the merge of variances: Chan, Golub and LeVeque, "Updating formulae and a pairwise
algorithm for computing sample variances", 1979.
"""

import numpy as np
from numpy.typing import NDArray

from streams.quality import Floats, Instants

Index = NDArray[np.intp]
Moments = tuple[Floats, Floats, Floats]
"""Number of values, their mean, the sum of squares about it."""

_SPANNED = 9, 10


def starts(time: Instants, length: int) -> Index:
    """Index of the first sample in the window of each; ``length`` in microseconds."""
    return np.searchsorted(time, time - length, side="right")


def spanned(time: Instants, value: Floats, first: Index, length: int) -> NDArray[np.bool_]:
    """Whether the values of each window reach over nine tenths of its length, missing ones apart.

    Exact: compared in integers.
    """
    n = len(time)
    here = np.arange(n)
    present = ~np.isnan(value)
    latest = np.maximum.accumulate(np.where(present, here, -1))
    earliest = np.minimum.accumulate(np.where(present, here, n)[::-1])[::-1][first]
    some = earliest <= latest
    span = np.where(some, time[latest] - time[np.minimum(earliest, n - 1)], -1)
    return _SPANNED[1] * span >= _SPANNED[0] * length


def spread(value: Floats, first: Index) -> Floats:
    """max - min of each window; -inf where all of it is missing."""
    last = np.arange(len(value))
    low = np.where(np.isnan(value), np.inf, value)
    high = np.where(np.isnan(value), -np.inf, value)
    result = np.empty(len(value))
    level = np.frexp((last - first + 1).astype(np.float64))[1] - 1
    for k in range(int(level.max(initial=0)) + 1):
        rows = np.flatnonzero(level == k)
        other = first[rows] + (1 << k) - 1
        result[rows] = np.maximum(high[last[rows]], high[other]) - np.minimum(
            low[last[rows]], low[other]
        )
        step = 1 << k
        low[step:], high[step:] = (
            np.minimum(low[step:], low[:-step]),
            np.maximum(high[step:], high[:-step]),
        )
    return result


def deviation(value: Floats, first: Index) -> Floats:
    """Standard deviation of each window (of the population); NaN where all of it is missing."""
    end = np.arange(len(value))
    length = end - first + 1
    present = ~np.isnan(value)
    block: Moments = present.astype(np.float64), np.where(present, value, 0.0), np.zeros(len(value))
    total: Moments = np.zeros(len(value)), np.zeros(len(value)), np.zeros(len(value))
    for k in range(int(length.max(initial=0)).bit_length()):
        if k:
            block = _doubled(block, 1 << (k - 1))
        rows = np.flatnonzero(length & (1 << k))
        merged = _merged(_at(block, end[rows]), _at(total, rows))
        for column, found in zip(total, merged, strict=True):
            column[rows] = found
        end[rows] -= 1 << k
    count, _, squares = total
    variance = np.divide(squares, count, out=np.full(len(value), np.nan), where=count > 0)
    return np.asarray(np.sqrt(variance))


def _at(moments: Moments, rows: Index) -> Moments:
    count, mean, squares = moments
    return count[rows], mean[rows], squares[rows]


def _doubled(block: Moments, step: int) -> Moments:
    """Blocks that end at each sample, twice as long; the first few stay short and are not used."""
    count, mean, squares = (column.copy() for column in block)
    pair = _merged(
        (count[:-step], mean[:-step], squares[:-step]), (count[step:], mean[step:], squares[step:])
    )
    count[step:], mean[step:], squares[step:] = pair
    return count, mean, squares


def _merged(a: Moments, b: Moments) -> Moments:
    count = a[0] + b[0]
    share = b[0] / np.maximum(count, 1.0)
    apart = b[1] - a[1]
    mean = a[1] + apart * share
    return count, mean, a[2] + b[2] + apart * apart * (a[0] * share)
