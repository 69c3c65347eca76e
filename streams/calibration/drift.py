"""What an instrument drifted by between two maintenances, taken as linear in time.

Additive: y = x − e(t), e the error in the unit of x. Multiplicative: y = x / g(t), g the gain that
the instrument had. Both go from the value found right after the opening maintenance to the one
found right before the closing one. Until that has happened only the first is known: the values are
provisional, and the closing one restates the whole interval.
"""

from datetime import datetime
from typing import Literal

import numpy as np
from pydantic import AwareDatetime, model_validator

from streams.calibration import CalibrationKind, Flags, Floats, Inputs, Instants, Params, flagged
from streams.inventory import micros


class Drift(Params):
    """``first`` and ``last`` are errors in the unit of x (additive) or gains without unit.

    ``opened`` and ``closed`` are instants with an offset. ``first`` is by default what a perfect
    instrument has; ``last`` is given with ``closed``, and only then.
    """

    form: Literal["additive", "multiplicative"] = "additive"
    opened: AwareDatetime
    closed: AwareDatetime | None = None
    first: float | None = None
    last: float | None = None

    @model_validator(mode="after")
    def _consistent(self) -> "Drift":
        if (self.closed is None) != (self.last is None):
            raise ValueError("closed and last come together, at the closing maintenance")
        if self.closed is not None and self.closed <= self.opened:
            raise ValueError("opened must lie before closed")
        if self.form == "multiplicative" and min(self.start, self.end) <= 0.0:
            raise ValueError("a gain must be above 0")
        return self

    @property
    def start(self) -> float:
        """The error or gain right after the opening maintenance."""
        return float(self.form == "multiplicative") if self.first is None else self.first

    @property
    def end(self) -> float:
        """The error or gain right before the closing maintenance; the first while it is open."""
        return self.start if self.last is None else self.last


def _inputs(_params: Drift) -> tuple[str, ...]:
    """Time is all."""
    return ()


def _apply(x: Floats, params: Drift, inputs: Inputs) -> Floats:
    now: Floats | float = params.start
    if params.closed is not None:
        passed = _elapsed(inputs.time, params.opened, params.closed)
        now = params.start + (params.end - params.start) * passed
    return x - now if params.form == "additive" else x / now


def _elapsed(time: Instants, opened: datetime, closed: datetime) -> Floats:
    """The part of the interval that has passed, 0 to 1; outside it the nearer end."""
    since, until = micros(opened), micros(closed)
    part: Floats = (time.clip(since, until) - since) / (until - since)
    return part


def _flags(x: Floats, params: Drift, inputs: Inputs) -> Flags:
    """Outside the two maintenances nothing is known of the drift."""
    outside = inputs.time < micros(params.opened)
    if params.closed is not None:
        outside = outside | (inputs.time > micros(params.closed))
    return flagged(outside & ~np.isnan(x))


def _provisional(params: Drift) -> bool:
    return params.closed is None


DRIFT = CalibrationKind("drift", Drift, _apply, _inputs, _flags, provisional=_provisional)
