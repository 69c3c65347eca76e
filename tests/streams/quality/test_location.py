"""Location: possible, where the device was put, and no jump."""

import math

import numpy as np
import pytest
from geographiclib.geodesic import Geodesic
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from streams.quality.location import LOCATION, Location, distance
from tests.streams.quality.lines import columns, line

NAN = math.nan
latitudes, longitudes = st.floats(-90, 90), st.floats(-180, 180)


@given(latitudes, longitudes, latitudes, longitudes)
def test_distances_are_within_a_percent_of_the_ellipsoid(
    lat: float, lon: float, to_lat: float, to_lon: float
) -> None:
    found = distance(*(np.array([x]) for x in (lat, lon, to_lat, to_lon)))[0]
    expected = Geodesic.WGS84.Inverse(lat, lon, to_lat, to_lon)["s12"]
    assert math.isclose(found, expected, rel_tol=0.006, abs_tol=0.5)


def test_impossible_half_and_missing_positions() -> None:
    samples = line([(60, 1.0)] * 7 + [(60, NAN)])
    lat = [48.85, 90, 90.1, -91, 48.85, NAN, NAN, 48.85]
    lon = [2.35, 180, 2.35, 2.35, -180.5, 2.35, NAN, 2.35]
    c = columns(samples, latitude=lat, longitude=lon)
    assert LOCATION.check(c, Location()).tolist() == [1, 1, 4, 4, 4, 4, 2, 9]


def test_away_from_its_place_and_a_jump_are_suspect() -> None:
    samples = line([(60, 1.0), (60, 1.0), (60, 1.0), (60, 1.0), (3600, 1.0)])
    lat = [48.85, 48.8505, 48.852, 48.852, 48.85]
    c = columns(samples, latitude=lat, longitude=[2.35] * 5)
    placed = Location(place=(48.85, 2.35), radius=100)
    assert LOCATION.check(c, placed).tolist() == [1, 1, 3, 3, 1]
    assert LOCATION.check(c, Location(jump=100, max_gap=600)).tolist() == [1, 1, 3, 1, 1]
    assert LOCATION.check(c, Location(jump=100, max_gap=60)).tolist() == [1, 1, 3, 1, 1]
    assert LOCATION.check(c, Location(jump=100, max_gap=3600)).tolist() == [1, 1, 3, 1, 3]


def test_a_place_is_on_the_earth() -> None:
    assert Location(place=(-90, 180)).place == (-90, 180)
    with pytest.raises(ValidationError, match="latitude, longitude"):
        Location(place=(2.35, 480.85))
    with pytest.raises(ValidationError, match="latitude, longitude"):
        Location(place=(90.1, 2.35))
