"""Lambert-93 (EPSG:2154) to degrees, by the closed formula.

RGF93, its geodetic system, and WGS 84 agree within a metre, as EPSG's transformation 1671 has it.

Source: IGN, "Projection cartographique conique conforme de Lambert", NTG_71, algorithms ALG0002,
ALG0004 and ALG0019.
"""

import math
from dataclasses import dataclass

_TOLERANCE = 1e-13


@dataclass(frozen=True)
class Conic:
    """A conformal conic projection: ``n``, ``c``, ``x0`` and ``y0`` (of the pole) in metres,
    central ``meridian`` in radians, ``e`` the first eccentricity of the ellipsoid."""

    n: float
    c: float
    x0: float
    y0: float
    meridian: float
    e: float


LAMBERT_93 = Conic(
    n=0.7256077650532670,
    c=11_754_255.4260960,
    x0=700_000.0,
    y0=12_655_612.0498760,
    meridian=math.radians(3),
    e=0.08181919104281579,
)


def degrees(x: float, y: float) -> tuple[float, float]:
    """Longitude and latitude of a point in metres of Lambert-93, in degrees.

    Raises:
        ValueError: the point lies far outside of France, where the projection is of no use.
    """
    if not (-400_000 <= x <= 1_600_000 and 5_600_000 <= y <= 7_600_000):
        raise ValueError(f"({x}, {y}) is no place in France in Lambert-93: is it x, y in metres?")
    longitude, latitude = inverse(x, y, LAMBERT_93)
    return math.degrees(longitude), math.degrees(latitude)


def inverse(x: float, y: float, conic: Conic) -> tuple[float, float]:
    """Longitude and latitude in radians (ALG0004)."""
    radius = math.hypot(x - conic.x0, y - conic.y0)
    angle = math.atan((x - conic.x0) / (conic.y0 - y))
    isometric = -math.log(abs(radius / conic.c)) / conic.n
    return conic.meridian + angle / conic.n, _latitude(isometric, conic.e)


def _latitude(isometric: float, e: float) -> float:
    """The latitude of an isometric one (ALG0002)."""
    phi = 2 * math.atan(math.exp(isometric)) - math.pi / 2
    while True:
        sine = e * math.sin(phi)
        factor = ((1 + sine) / (1 - sine)) ** (e / 2)
        better = 2 * math.atan(factor * math.exp(isometric)) - math.pi / 2
        if abs(better - phi) < _TOLERANCE:
            return better
        phi = better
