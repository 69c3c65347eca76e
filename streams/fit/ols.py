"""Ordinary least squares: all the error is in y. For a reference whose own error is negligible."""

import numpy as np

from streams.fit import Columns, Estimator, Fit, Floats, Options, line, straight
from streams.fit.moments import moments


def _fit(columns: Columns, y: Floats, _options: Options) -> Fit:
    x, y = line(columns, y, least=3)
    m = moments(x, y)
    b = m.xy / m.xx
    a = m.y - b * m.x
    residual = y - (a + b * x)
    variance = (residual @ residual) / (m.n - 2)
    covariance = variance / m.xx * np.array([[m.xx / m.n + m.x**2, -m.x], [-m.x, 1.0]])
    return straight(float(a), float(b), next(iter(columns)), covariance)


OLS = Estimator("ols", _fit)
