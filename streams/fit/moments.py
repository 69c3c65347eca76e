"""Means and sums of squares about them, of all pairs and without each pair in turn."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from streams.fit import Floats


class Moments(NamedTuple):
    """``xx``, ``yy`` and ``xy`` are sums of products of deviations from the means ``x`` and ``y``;
    numbers, or arrays with an entry for each pair that was left out."""

    n: int
    x: Any
    y: Any
    xx: Any
    yy: Any
    xy: Any


def moments(x: Floats, y: Floats) -> Moments:
    """Those of all pairs, about the means so that nothing cancels."""
    dx, dy = x - x.mean(), y - y.mean()
    return Moments(len(x), x.mean(), y.mean(), dx @ dx, dy @ dy, dx @ dy)


def without_each(x: Floats, y: Floats, whole: Moments) -> Moments:
    """Those without the first pair, without the second, and so on."""
    n = whole.n
    dx, dy = x - whole.x, y - whole.y
    share = n / (n - 1)
    return Moments(
        n - 1,
        whole.x - dx / (n - 1),
        whole.y - dy / (n - 1),
        whole.xx - share * dx * dx,
        whole.yy - share * dy * dy,
        whole.xy - share * dx * dy,
    )


def jackknife(x: Floats, y: Floats, slope: Callable[[Moments], Any]) -> Floats | None:
    """Covariance of (intercept, slope) from leaving out one pair at a time.

    None where the line hangs on a single pair. Source: K. Linnet, "Evaluation of regression
    procedures for methods comparison studies", Clinical Chemistry 39 (1993) 424–432.
    """
    left = without_each(x, y, moments(x, y))
    b = slope(left)
    if not np.isfinite(b).all():
        return None
    lines = np.array([left.y - b * left.x, b])
    deviation = lines - lines.mean(axis=1, keepdims=True)
    covariance: Floats = (len(x) - 1) / len(x) * (deviation @ deviation.T)
    return covariance
