"""The battery's byte and the margin of a DevStatusAns."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.device_status import measured, percent


@pytest.mark.parametrize(("battery", "level"), [(1, 0.0), ("254", 100.0), (24, 2300 / 253)])
def test_from_one_to_254_it_is_a_level(battery: Any, level: float) -> None:
    assert measured(battery) == {"battery_level": level}


@pytest.mark.parametrize("battery", [None, 0, 255, 256, -1, "", "full", True, [], float("nan")])
def test_external_power_and_unknown_are_no_level(battery: Any) -> None:
    assert measured(battery) == {}


@pytest.mark.parametrize("margin", [-32, 0, "31"])
def test_six_bits_with_a_sign_are_a_margin(margin: Any) -> None:
    assert measured(margin=margin) == {"link_margin": float(margin)}


@pytest.mark.parametrize("margin", [None, -33, 32, 0.5, "x"])
def test_anything_else_is_none(margin: Any) -> None:
    assert measured(margin=margin) == {}


@pytest.mark.parametrize(("value", "level"), [(0, 0.0), ("100", 100.0), (90.118576, 90.118576)])
def test_a_percentage_stays_one(value: Any, level: float) -> None:
    assert percent(value) == {"battery_level": level}


@given(st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.lists(st.none()))
def test_whatever_is_said_a_level_lies_between_0_and_100(value: Any) -> None:
    for said in (measured(value), percent(value)):
        assert 0 <= said.get("battery_level", 0) <= 100
