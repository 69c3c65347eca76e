"""y = intercept + slope·x + temperature·T + humidity·RH + interaction·T·RH.

T and RH are other properties of the same device at that time. Where one of them is missing there
is no value, rather than one that leaves out a term.
"""

import numpy as np
from pydantic import Field

from streams.calibration import UNKNOWN, CalibrationKind, Flags, Floats, Inputs, Params, flagged
from streams.quality import SECOND


class Multilinear(Params):
    """Coefficients in the unit of the result per unit of what they multiply; a term of 0 is not
    looked at. ``temperature_property`` and ``humidity_property`` name the properties of the
    device; ``tolerance`` is how far away in time they may have been measured, in seconds."""

    intercept: float = 0.0
    slope: float = 1.0
    temperature: float = 0.0
    humidity: float = 0.0
    interaction: float = 0.0
    temperature_property: str = "air_temperature"
    humidity_property: str = "relative_humidity"
    tolerance: float = Field(900.0, ge=0, le=3600)


def _inputs(params: Multilinear) -> tuple[str, ...]:
    asked = (
        (params.temperature_property, params.temperature),
        (params.humidity_property, params.humidity),
    )
    return tuple(name for name, term in asked if term or params.interaction)


def _reach(params: Multilinear) -> int:
    return round(params.tolerance * SECOND)


def _apply(x: Floats, params: Multilinear, inputs: Inputs) -> Floats:
    y = params.intercept + params.slope * x
    if params.temperature:
        y = y + params.temperature * inputs.sibling(params.temperature_property)
    if params.humidity:
        y = y + params.humidity * inputs.sibling(params.humidity_property)
    if params.interaction:
        both = inputs.sibling(params.temperature_property) * inputs.sibling(
            params.humidity_property
        )
        y = y + params.interaction * both
    return y


def _flags(x: Floats, params: Multilinear, inputs: Inputs) -> Flags:
    return flagged(~np.isnan(x) & np.isnan(_apply(x, params, inputs)), UNKNOWN)


MULTILINEAR = CalibrationKind("multilinear", Multilinear, _apply, _inputs, _flags, _reach)
