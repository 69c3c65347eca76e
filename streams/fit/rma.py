"""Reduced major axis (standardised major axis): b = sign(r) · s(y) / s(x).

For two instruments of unknown error. It fits a slope even to noise: look at R² first. Source:
D. I. Warton et al., "Bivariate line-fitting methods for allometry", Biological Reviews 81 (2006)
259–291; standard errors are those of the jackknife.
"""

from typing import Any

import numpy as np

from streams.errors import Skip
from streams.fit import Columns, Estimator, Fit, Floats, Options, line, straight
from streams.fit.moments import Moments, jackknife, moments


def _slope(m: Moments) -> Any:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.sign(m.xy) * np.sqrt(np.maximum(m.yy, 0.0) / np.maximum(m.xx, 0.0))


def _fit(columns: Columns, y: Floats, _options: Options) -> Fit:
    x, y = line(columns, y, least=3)
    m = moments(x, y)
    b = float(_slope(m))
    if b == 0.0:
        raise Skip("unrelated", "sensor and reference do not vary together: no line can be fitted")
    return straight(float(m.y - b * m.x), b, next(iter(columns)), jackknife(x, y, _slope))


RMA = Estimator("rma", _fit)
