"""Where something is, or that nobody says where."""

from typing import Any

import pytest

from connectors.places import gateways, located, place


def test_texts_are_read_and_what_is_missing_is_left_out() -> None:
    assert place("45.5", "-4", altitude=None, name="roof") == {
        "latitude": 45.5,
        "longitude": -4.0,
        "name": "roof",
    }


@pytest.mark.parametrize(
    ("latitude", "longitude"),
    [(None, 4), (45, None), ("", 4), (91, 4), (45, -181), (0, 0), ("0", 0.0), ("nan", 1), ([], 1)],
)
def test_nowhere(latitude: Any, longitude: Any) -> None:
    assert place(latitude, longitude) == {}


@pytest.mark.parametrize(("latitude", "longitude"), [(0, 4), (45, 0), (-90, 180)])
def test_zero_is_a_coordinate(latitude: float, longitude: float) -> None:
    assert place(latitude, longitude) == {"latitude": latitude, "longitude": longitude}


def test_a_coordinate_that_is_left_out_is_zero() -> None:
    assert located({"longitude": 4, "altitude": 0, "source": ""}) == {
        "latitude": 0.0,
        "longitude": 4.0,
        "altitude": 0.0,
    }
    assert located({}) == located(None) == located({"latitude": 0}) == {}


def test_only_gateways_with_a_name_and_a_place_are_told() -> None:
    here = place(45, 4)
    assert gateways([("a", here), (None, here), ("b", {})]) == {
        "gateways": [{"gateway": "a", **here}]
    }
    assert gateways([("b", {})]) == {}
