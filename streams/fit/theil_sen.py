"""Theil–Sen: the median of the slopes of all pairs of points; outliers hardly move it.

The interval of the slope is that of Kendall's statistic in its normal approximation, with ties
taken out of its variance. Source: P. K. Sen, "Estimates of the regression coefficient based on
Kendall's tau", Journal of the American Statistical Association 63 (1968) 1379–1389.
"""

from statistics import NormalDist

import numpy as np

from streams.errors import Skip
from streams.fit import Columns, Estimator, Fit, Floats, Options, line, straight

MOST = 10_000
"""Points: fifty million slopes, 400 MB."""


def _fit(columns: Columns, y: Floats, options: Options) -> Fit:
    x, y = line(columns, y, least=3)
    if len(x) > MOST:
        raise Skip(
            "too_many",
            f"Theil–Sen takes at most {MOST} pairs, these are {len(x)}: take means of an hour",
        )
    slopes = _slopes(x, y)
    middle = len(slopes) // 2
    b = float(slopes[-middle - 1] + slopes[middle]) / 2.0  # they are sorted: no copy of 400 MB
    if options.intercept == "separate":
        a = float(np.median(y) - b * np.median(x))
    else:
        a = float(np.median(y - b * x))
    interval = _interval(x, y, slopes, options.confidence)
    return straight(a, b, next(iter(columns)), interval=interval)


def _slopes(x: Floats, y: Floats) -> Floats:
    """Of all pairs of points whose x differ, in increasing order."""
    order = np.argsort(x, kind="stable")
    x, y = x[order], y[order]
    slopes = np.empty(len(x) * (len(x) - 1) // 2)
    end = 0
    for i in range(len(x) - 1):
        first = int(np.searchsorted(x, x[i], side="right"))
        found = (y[first:] - y[i]) / (x[first:] - x[i])
        slopes[end : end + len(found)] = found
        end += len(found)
    slopes = slopes[:end]
    slopes.sort()
    return slopes


def _interval(x: Floats, y: Floats, slopes: Floats, confidence: float) -> tuple[float, float]:
    """Sen's ranks: half the number of slopes, less and more half the quantile of the statistic."""
    spread = NormalDist().inv_cdf(0.5 + confidence / 2.0) * _deviation(x, y)
    low = max(int(np.round((len(slopes) - spread) / 2.0)) - 1, 0)
    high = min(int(np.round((len(slopes) + spread) / 2.0)), len(slopes) - 1)
    return float(slopes[low]), float(slopes[high])


def _deviation(x: Floats, y: Floats) -> float:
    """Standard deviation of Kendall's S, ties in x and in y taken out."""
    n = len(x)
    ties = sum(_weight(c) for v in (x, y) for c in np.unique(v, return_counts=True)[1].tolist())
    return float(np.sqrt(max(_weight(n) - ties, 0) / 18.0))


def _weight(k: int) -> int:
    return k * (k - 1) * (2 * k + 5)


THEIL_SEN = Estimator("theil-sen", _fit)
