"""A gas's volume fraction as mass concentration at 20 °C and 101.3 kPa: ppb to µg/m³.

The European Union reports gases at 293 K and 101.3 kPa, whatever the weather: Directive
2008/50/EC, annex VI, section C. The factors are those in use for it, to four digits (NO2, NO:
EN 14211; O3: EN 14625; SO2: EN 14212; CO: EN 14626). Particulate matter is reported at ambient
conditions and has no such factor.
"""

from collections.abc import Mapping
from typing import Literal

from pydantic import Field

from streams.calibration import CalibrationKind, Floats, Params

FACTORS: Mapping[str, float] = {
    "NO2": 1.912,
    "NO": 1.247,
    "O3": 1.996,
    "SO2": 2.661,
    "CO": 1.164,
}
"""µg/m³ for each ppb, and so mg/m³ for each ppm."""

_PER_PPB: Mapping[str, float] = {"[ppb]": 1.0, "[ppm]": 1000.0}
_PER_MICROGRAM: Mapping[str, float] = {"ug/m3": 1.0, "mg/m3": 1000.0}


class Gas(Params):
    """``from`` is the unit of x, ``to`` that of the result, as UCUM codes."""

    gas: Literal["NO2", "NO", "O3", "SO2", "CO"]
    source: Literal["[ppb]", "[ppm]"] = Field("[ppb]", alias="from")
    target: Literal["ug/m3", "mg/m3"] = Field("ug/m3", alias="to")


def _apply(x: Floats, params: Gas) -> Floats:
    return x * _PER_PPB[params.source] * FACTORS[params.gas] / _PER_MICROGRAM[params.target]


GAS = CalibrationKind("gas", Gas, _apply)
