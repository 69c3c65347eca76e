"""y = c₀ + c₁·x + c₂·x² + c₃·x³, by Horner's rule, on a range where it is monotonic.

Where a polynomial turns, two values of x have one y: the calibration would be no function of what
was measured. Beyond its range it may turn, so that values far outside are flagged.
"""

from typing import Annotated

import numpy as np
from pydantic import Field, model_validator

from streams.calibration import CalibrationKind, Flags, Floats, Params, beyond, flagged

ROUNDING = 1e-12
"""Of the steepest slope: what a slope of 0 may come out as."""


class Polynomial(Params):
    """``coefficients`` from c₀ on, cₖ in the unit of the result per unit of x to the k;
    ``range`` is where it was fitted, in the unit of x."""

    coefficients: Annotated[tuple[float, ...], Field(min_length=2, max_length=4)]
    range: tuple[float, float]

    @model_validator(mode="after")
    def _monotonic(self) -> "Polynomial":
        low, high = self.range
        if low >= high:
            raise ValueError("the range's lower end must lie below its upper end")
        slopes = [_slope(self.coefficients, x) for x in (low, high, *self._turns())]
        noise = ROUNDING * max(map(abs, slopes))
        if not noise or (min(slopes) < -noise and max(slopes) > noise):
            raise ValueError(f"not monotonic on [{low:g}, {high:g}]: it turns or is constant")
        return self

    def _turns(self) -> tuple[float, ...]:
        """Where the slope of a cubic is extreme, if that is within the range."""
        if len(self.coefficients) < 4 or self.coefficients[3] == 0.0:
            return ()
        at = -self.coefficients[2] / (3.0 * self.coefficients[3])
        return (at,) if self.range[0] < at < self.range[1] else ()


def _slope(coefficients: tuple[float, ...], x: float) -> float:
    return sum(k * c * x ** (k - 1) for k, c in enumerate(coefficients) if k)


def _apply(x: Floats, params: Polynomial) -> Floats:
    *lower, highest = params.coefficients
    y = np.full_like(x, highest)
    for c in reversed(lower):
        y = y * x + c
    return y


def _flags(x: Floats, params: Polynomial) -> Flags:
    return flagged(beyond(x, *params.range))


POLYNOMIAL = CalibrationKind("polynomial", Polynomial, _apply, flags=_flags)
