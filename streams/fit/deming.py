"""Deming regression: errors in x and in y, with a known ratio of their variances.

λ = σ²(errors of y) / σ²(errors of x); 1 is orthogonal regression. Some texts invert λ. Source of
the closed form: K. Linnet, "Evaluation of regression procedures for methods comparison studies",
Clinical Chemistry 39 (1993) 424–432, whose standard errors are those of the jackknife.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from streams.errors import Skip
from streams.fit import Columns, Estimator, Fit, Floats, Options, line, straight
from streams.fit.moments import Moments, jackknife, moments


def _slope(ratio: float, m: Moments) -> Any:
    """(d + √(d² + 4λ·Sxy²)) / 2·Sxy with d = Syy − λ·Sxx, in the form that does not cancel."""
    d = m.yy - ratio * m.xx
    root = np.sqrt(d * d + 4.0 * ratio * m.xy * m.xy)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(d > 0.0, (d + root) / (2.0 * m.xy), 2.0 * ratio * m.xy / (root - d))


def _fit(columns: Columns, y: Floats, options: Options) -> Fit:
    x, y = line(columns, y, least=3)
    m = moments(x, y)
    slope: Callable[[Moments], Any] = partial(_slope, options.error_ratio)
    b = float(slope(m))
    if not np.isfinite(b):
        raise Skip("unrelated", "sensor and reference do not vary together: no line can be fitted")
    return straight(float(m.y - b * m.x), b, next(iter(columns)), jackknife(x, y, slope))


DEMING = Estimator("deming", _fit)
