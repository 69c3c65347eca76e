"""Estimators of a calibration from co-located pairs, one file each, found by discovery.

To correct a sensor, the reference is fitted as a function of what the sensor said; to evaluate
one, the sensor as a function of the reference.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from streams.errors import Skip

Floats = NDArray[np.float64]
Columns = Mapping[str, Floats]
"""What is fitted on: columns of one length without NaN, the sensor's own first."""

INTERCEPT = "intercept"
INTERACTION = "interaction"
ROUNDING, LEAST_SPREAD = 1e-12, 1e-100
"""Of a column, relative and absolute: below them its square says nothing."""


@dataclass(frozen=True)
class Options:
    """What an estimator may be told.

    ``error_ratio`` is λ, the variance of the errors of y over that of the errors of x.
    ``intercept`` is that of Theil–Sen: ``separate``, median(y) − b·median(x), or ``joint``,
    median(y − b·x). ``confidence`` is that of its interval. ``interaction`` adds temperature
    times humidity.
    """

    error_ratio: float = 1.0
    intercept: Literal["separate", "joint"] = "separate"
    confidence: float = 0.95
    interaction: bool = False


@dataclass(frozen=True)
class Fit:
    """Coefficients by name, the intercept first, each in the unit of y per unit of its column.

    ``covariance`` is theirs, in the same order, None where the estimator gives none; ``interval``
    is that of the slope, at the confidence that was asked. ``inflation`` holds the variance
    inflation factor of each column, ``dropped`` that of those that were left out for it.
    """

    coefficients: Mapping[str, float]
    covariance: Floats | None = None
    interval: tuple[float, float] | None = None
    inflation: Mapping[str, float] = field(default_factory=dict)
    dropped: Mapping[str, float] = field(default_factory=dict)

    def predict(self, columns: Columns) -> Floats:
        """y at new values of the columns; the interaction is made of them."""
        y = np.full(len(next(iter(columns.values()))), self.coefficients[INTERCEPT])
        for name, coefficient in self.coefficients.items():
            if name == INTERACTION:
                y += coefficient * (columns["temperature"] * columns["humidity"])
            elif name != INTERCEPT:
                y += coefficient * columns[name]
        return y

    @property
    def standard_errors(self) -> Mapping[str, float]:
        """Of the coefficients, by name; empty where there is no covariance."""
        if self.covariance is None:
            return {}
        roots = np.sqrt(np.maximum(np.diag(self.covariance), 0.0))
        return dict(zip(self.coefficients, roots.tolist(), strict=True))


@dataclass(frozen=True)
class Estimator:
    """``fit(columns, y, options)`` raises Skip where the pairs say nothing: ``too_few``,
    ``constant``, ``unrelated``. All but a ``multiple`` one look at the first column only."""

    name: str
    fit: Callable[[Columns, Floats, Options], Fit]
    multiple: bool = False


def line(columns: Columns, y: Floats, least: int) -> tuple[Floats, Floats]:
    """The first column and y, if a line through them can be estimated.

    Raises:
        Skip: ``too_few`` pairs, or a ``constant`` column.
    """
    name, x = next(iter(columns.items()))
    enough(len(y), least)
    varies(name, x)
    return x, y


def enough(n: int, least: int) -> None:
    """Raise Skip ``too_few`` unless there are pairs enough."""
    if n < least:
        raise Skip("too_few", f"{n} complete pairs are too few: at least {least} are needed")


def varies(name: str, x: Floats) -> None:
    """Raise Skip ``constant`` unless a column has more than one value, rounding aside."""
    if x.max() - x.min() <= max(ROUNDING * np.abs(x).max(), LEAST_SPREAD):
        raise Skip("constant", f"{name} is {x[0]:g} in every pair: no line can be fitted on that")


def significant(value: float) -> float:
    """To six digits: what a statistic is worth in a record."""
    return float(f"{value:.6g}")


def straight(
    a: float, b: float, x: str, covariance: Floats | None = None, interval: Sequence[float] = ()
) -> Fit:
    """The fit y = a + b·x."""
    low_high = (interval[0], interval[1]) if interval else None
    return Fit({INTERCEPT: a, x: b}, covariance, low_high)
