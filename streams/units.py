"""Units: what a device says, what the vocabulary wants, and the exact way between them.

Codes are those of UCUM; a few that UCUM does not have are the field's own (``dB(A)``,
``{NTU}``). Volume fractions (``[ppb]``) and mass concentrations (``ug/m3``) of a gas are not of one
dimension: the way between them goes by temperature and pressure.

Source: The Unified Code for Units of Measure, version 2.2, tables of units and prefixes.
"""

from collections.abc import Callable, Mapping
from fractions import Fraction
from functools import cache
from typing import NamedTuple
from unicodedata import normalize

from streams.errors import Skip


class Unit(NamedTuple):
    """``value * factor + zero`` is in the dimension's base unit."""

    dimension: str
    factor: Fraction
    zero: Fraction = Fraction(0)


_FACTORS: Mapping[str, str] = {
    "ratio": "1=1 %=1/100 [ppth]=1/1000 [ppm]=1/1000000 [ppb]=1/1000000000",
    "temperature": "K=1",
    "length": "m=1 dm=1/10 cm=1/100 mm=1/1000 um=1/1000000 km=1000 [in_i]=127/5000 [ft_i]=381/1250",
    "area": "m2=1 cm2=1/10000 har=10000",
    "volume": "m3=1 dm3=1/1000 L=1/1000 dL=1/10000 mL=1/1000000 hL=1/10"
    " [gal_us]=473176473/125000000000",
    "mass": "kg=1 g=1/1000 mg=1/1000000 t=1000",
    "time": "s=1 ms=1/1000 us=1/1000000 min=60 h=3600 d=86400",
    "frequency": "Hz=1 kHz=1000 MHz=1000000 /min=1/60 /h=1/3600",
    "speed": "m/s=1 km/h=5/18 cm/s=1/100 mm/s=1/1000 [kn_i]=463/900 [mi_i]/h=1397/3125",
    "acceleration": "m/s2=1 [g]=196133/20000 m[g]=196133/20000000",
    "volume flow": "m3/s=1 m3/h=1/3600 L/s=1/1000 L/min=1/60000 L/h=1/3600000 dm3/s=1/1000",
    "precipitation rate": "mm/h=1 mm/min=60 mm/d=1/24",
    "pressure": "Pa=1 hPa=100 kPa=1000 MPa=1000000 mbar=100 bar=100000"
    " [psi]=8896443230521/1290320000 mm[Hg]=133322387/1000000 m[H2O]=980665/100"
    " cm[H2O]=980665/10000",
    "energy": "J=1 kJ=1000 MJ=1000000 W.h=3600 kW.h=3600000 MW.h=3600000000",
    "power": "W=1 mW=1/1000 kW=1000 MW=1000000",
    "apparent power": "V.A=1 kV.A=1000",
    "reactive power": "var=1 kvar=1000",
    "voltage": "V=1 mV=1/1000 uV=1/1000000 kV=1000",
    "current": "A=1 mA=1/1000 uA=1/1000000",
    "charge": "A.s=1 A.h=3600 mA.h=18/5",
    "resistance": "Ohm=1 kOhm=1000 MOhm=1000000",
    "conductivity": "S/m=1 mS/m=1/1000 uS/m=1/1000000 S/cm=100 mS/cm=1/10 uS/cm=1/10000 dS/m=1/10",
    "mass concentration": "kg/m3=1 g/m3=1/1000 mg/m3=1/1000000 ug/m3=1/1000000000"
    " ng/m3=1/1000000000000 g/L=1 mg/L=1/1000 ug/L=1/1000000",
    "turbidity": "{NTU}=1 {FNU}=1",
    "acidity": "[pH]=1",
    "illuminance": "lx=1 klx=1000",
    "irradiance": "W/m2=1 kW/m2=1000",
    "level": "dB=1 B=10",
    "A-weighted level": "dB(A)=1",
    "C-weighted level": "dB(C)=1",
    "power level": "dB[mW]=1",
}

_OFFSET = {
    "Cel": Unit("temperature", Fraction(1), Fraction("273.15")),
    "[degF]": Unit("temperature", Fraction(5, 9), Fraction("459.67") * Fraction(5, 9)),
}

_ANGLE = {
    "deg": Unit("angle", Fraction(1)),
    "gon": Unit("angle", Fraction(9, 10)),
    "rad": Unit("angle", Fraction(180 / 3.141592653589793)),
}

UNITS: Mapping[str, Unit] = {
    code: Unit(dimension, Fraction(factor))
    for dimension, text in _FACTORS.items()
    for code, _, factor in (entry.rpartition("=") for entry in text.split())
} | {**_OFFSET, **_ANGLE}
"""Every unit by its code."""

_SPELLED: Mapping[str, str] = {
    "Cel": "°C ℃ C degC deg_C celsius Celsius",
    "[degF]": "°F ℉ F degF fahrenheit Fahrenheit",
    "K": "kelvin Kelvin",
    "1": "count counts pulse pulses imp",
    "%": "pct percent %RH %rh %HR",
    "[ppth]": "‰",
    "[ppm]": "ppm PPM",
    "[ppb]": "ppb PPB",
    "um": "µm μm",
    "[in_i]": "in inch",
    "[ft_i]": "ft",
    "m2": "m²",
    "m3": "m³",
    "L": "l liter litre liters litres",
    "mL": "ml",
    "hL": "hl",
    "dm3": "dm³",
    "s": "sec seconds",
    "us": "µs μs",
    "min": "minutes",
    "h": "hours hr",
    "d": "days",
    "m/s": "m⋅s⁻¹ m·s⁻¹ mps",
    "km/h": "kmh kph",
    "[kn_i]": "kn knots",
    "[mi_i]/h": "mph",
    "[g]": "g0",
    "m[g]": "mg0",
    "m3/h": "m³/h",
    "m3/s": "m³/s",
    "L/s": "l/s",
    "L/min": "l/min",
    "L/h": "l/h",
    "[psi]": "psi",
    "mm[Hg]": "mmHg",
    "m[H2O]": "mH2O mCE",
    "W.h": "Wh",
    "kW.h": "kWh KWh",
    "MW.h": "MWh",
    "V.A": "VA",
    "kV.A": "kVA",
    "var": "VAr VAR",
    "kvar": "kVAr kVAR",
    "V": "volt volts Volt",
    "uV": "µV μV",
    "uA": "µA μA",
    "A.h": "Ah",
    "mA.h": "mAh",
    "Ohm": "Ω ohm",
    "kOhm": "kΩ kohm",
    "MOhm": "MΩ",
    "uS/cm": "µS/cm μS/cm µS⋅cm⁻¹ μS⋅cm⁻¹",
    "mS/cm": "mS⋅cm⁻¹",
    "ug/m3": "µg/m3 μg/m3 µg/m³ μg/m³ ug/m³ µg⋅m⁻³ μg⋅m⁻³",
    "mg/m3": "mg/m³",
    "ng/m3": "ng/m³",
    "g/m3": "g/m³",
    "kg/m3": "kg/m³",
    "g/L": "g/l",
    "mg/L": "mg/l mg⋅L⁻¹ mg⋅l⁻¹",
    "mm/h": "mm⋅h⁻¹",
    "dS/m": "dS⋅m⁻¹",
    "ug/L": "µg/L µg/l μg/L μg/l ug/l",
    "{NTU}": "NTU ntu",
    "{FNU}": "FNU",
    "[pH]": "pH",
    "lx": "lux Lux",
    "klx": "klux",
    "W/m2": "W/m² W⋅m⁻²",
    "dB(A)": "dBA dB(a) dBa",
    "dB(C)": "dBC",
    "dB[mW]": "dBm",
    "deg": "° degree degrees",
    "Hz": "hertz",
}

SPELLINGS: Mapping[str, str] = {code: code for code in UNITS} | {
    spelling: code for code, text in _SPELLED.items() for spelling in text.split()
}
"""The code of every spelling that is understood, the codes themselves among them."""


@cache
def conversion(said: str, wanted: str) -> Callable[[float], float]:
    """The function from values in one unit to values in another; either as a code or as devices
    spell it.

    Raises:
        Skip: ``unit``: one of them is not known, or they measure different things.
    """
    return _between(said, _known(said), wanted, _known(wanted))


def _known(said: str) -> Unit:
    spelled = normalize("NFC", said)
    if spelled not in SPELLINGS:
        raise Skip("unit", f"no unit {said[:40]!r} is known: name it by its UCUM code")
    return UNITS[SPELLINGS[spelled]]


def _between(said: str, source: Unit, wanted: str, target: Unit) -> Callable[[float], float]:
    if source.dimension != target.dimension:
        raise Skip(
            "unit",
            f"{said} is {source.dimension} and {wanted} is {target.dimension}: no way between them",
        )
    ratio = source.factor / target.factor
    shift = float((source.zero - target.zero) / target.factor)
    if ratio == 1 and shift == 0.0:
        return lambda value: value
    times, by = float(ratio.numerator), float(ratio.denominator)
    return lambda value: value * times / by + shift
