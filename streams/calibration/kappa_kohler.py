"""Dry particulate matter from what an optical counter saw in humid air: PM / C.

C = 1 + κ/ρ · a/(1 − a), with the water activity a = RH/100 and the density ρ of the dry particles
in g/cm³. Source: L. R. Crilley et al., "Evaluation of a low-cost optical particle counter
(Alphasense OPC-N2) for ambient air monitoring", Atmospheric Measurement Techniques 11 (2018)
709–720, where it stands as 1 + (κ/1.65) / (−1 + 1/a); κ depends on the composition of the aerosol
(Crilley et al., AMT 13 (2020) 1181–1193) and must be fitted for each site.

C grows without bound towards saturation: above 95 % it is that of 95 % and the value is suspect.
Without humidity there is no value.
"""

import numpy as np
from pydantic import Field

from streams.calibration import (
    SUSPECT,
    UNFLAGGED,
    UNKNOWN,
    CalibrationKind,
    Flags,
    Floats,
    Inputs,
    Params,
)
from streams.quality import SECOND

HIGHEST = 95.0
"""Percent of relative humidity."""


class KappaKohler(Params):
    """``kappa`` has no unit, 0.2 to 0.6 in European cities; ``density`` in g/cm³;
    ``humidity_property`` is in percent, measured at most ``tolerance`` seconds away."""

    kappa: float = Field(0.40, ge=0, le=2)
    density: float = Field(1.65, gt=0, le=10)
    humidity_property: str = "relative_humidity"
    tolerance: float = Field(900.0, ge=0, le=3600)


def _inputs(params: KappaKohler) -> tuple[str, ...]:
    return (params.humidity_property,)


def _reach(params: KappaKohler) -> int:
    return round(params.tolerance * SECOND)


def _apply(x: Floats, params: KappaKohler, inputs: Inputs) -> Floats:
    humidity = inputs.sibling(params.humidity_property)
    activity = np.clip(humidity, 0.0, HIGHEST) / 100.0
    dry: Floats = x / (1.0 + params.kappa / params.density * (activity / (1.0 - activity)))
    return dry


def _flags(x: Floats, params: KappaKohler, inputs: Inputs) -> Flags:
    humidity = inputs.sibling(params.humidity_property)
    found = np.where(humidity > HIGHEST, SUSPECT, UNFLAGGED)
    found[np.isnan(humidity)] = UNKNOWN
    found[np.isnan(x)] = UNFLAGGED
    return found.astype(np.uint8)


KAPPA_KOHLER = CalibrationKind("kappa_kohler", KappaKohler, _apply, _inputs, _flags, _reach)
