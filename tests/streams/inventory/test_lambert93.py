"""Lambert-93 to degrees: IGN's own constants and worked example."""

import math

import pytest

from streams.inventory.lambert93 import LAMBERT_93, Conic, degrees, inverse

A, F = 6_378_137.0, 1 / 298.257222101
"""GRS 80."""


def test_the_worked_example_of_ign() -> None:
    """NTG_71, ALG0004: a point of Lambert zone I on the ellipsoid of Clarke 1880."""
    conic = Conic(
        0.760405966, 11_603_796.9767, 600_000, 5_657_616.674, 0.04079234433, 0.08248325676
    )
    longitude, latitude = inverse(1_029_705.083, 272_723.849, conic)
    assert longitude == pytest.approx(0.14551209900, abs=1e-9)
    assert latitude == pytest.approx(0.87266462600, abs=1e-9)


def test_the_constants_follow_from_the_definition() -> None:
    """Secant at 44° and 49° N, origin 46.5° N 3° E at (700 km, 6,600 km): NTG_71, ALG0054."""
    e = math.sqrt(2 * F - F * F)

    def isometric(phi: float) -> float:
        sine = e * math.sin(phi)
        return math.atanh(math.sin(phi)) - e * math.atanh(sine)

    def normal(phi: float) -> float:
        return A / math.sqrt(1 - (e * math.sin(phi)) ** 2)

    origin, south, north = map(math.radians, (46.5, 44, 49))
    ratio = normal(north) * math.cos(north) / (normal(south) * math.cos(south))
    n = math.log(ratio) / (isometric(south) - isometric(north))
    c = normal(south) * math.cos(south) / n * math.exp(n * isometric(south))
    y0 = 6_600_000 + c * math.exp(-n * isometric(origin))
    assert (LAMBERT_93.n, LAMBERT_93.e) == pytest.approx((n, e), abs=1e-13)
    assert (LAMBERT_93.c, LAMBERT_93.y0) == pytest.approx((c, y0), abs=1e-5)


def test_the_origin_is_where_it_is_defined() -> None:
    assert degrees(700_000, 6_600_000) == pytest.approx((3, 46.5), abs=1e-11)


@pytest.mark.parametrize(("x", "y"), [(43.3, 5.4), (5.4, 43.3), (6_247_000, 893_000)])
def test_what_is_no_place_in_france_is_refused(x: float, y: float) -> None:
    with pytest.raises(ValueError, match="no place in France"):
        degrees(x, y)
