"""Humidity correction of particulate matter: worked values, the clip and the flags."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.calibration import Inputs
from streams.calibration.kappa_kohler import KAPPA_KOHLER


def dried(humidity: list[float], kappa: float = 0.4, pm: float = 30.0) -> tuple[list[float], ...]:
    inputs = Inputs(np.zeros(len(humidity), np.int64), {"relative_humidity": np.array(humidity)})
    params = KAPPA_KOHLER.parse({"kappa": kappa})
    got = KAPPA_KOHLER.calibrate(np.full(len(humidity), pm), params, inputs)
    return got.value.tolist(), got.flags.tolist()


@given(st.floats(1, 95), st.floats(0, 1))
def test_it_is_the_published_formula(humidity: float, kappa: float) -> None:
    """As it is printed, with −1 + 1/a below."""
    [value], [flag] = dried([humidity], kappa)
    c = 1 + (kappa / 1.65) / (-1 + 1 / (humidity / 100))
    assert value == pytest.approx(30.0 / c)
    assert flag == 0


def test_worked_values() -> None:
    """C is 1 in dry air; at 80 %, κ 0.40: 1 + 0.242424 / 0.25; at 50 %, κ 0.33: 1.2."""
    assert dried([0.0])[0] == [30.0]
    assert dried([80.0])[0] == pytest.approx([30.0 / 1.969697])
    assert dried([50.0], kappa=0.33)[0] == pytest.approx([25.0])


def test_above_95_percent_it_is_clipped_and_suspect() -> None:
    values, flags = dried([95.0, 95.1, 100.0, 104.0])
    assert len(set(values)) == 1
    assert flags == [0, 3, 3, 3]


def test_without_humidity_there_is_no_dry_value() -> None:
    values, flags = dried([math.nan, 50.0])
    assert math.isnan(values[0])
    assert flags == [2, 0]
    assert dried([math.nan], pm=math.nan)[1] == [0]


def test_a_humidity_below_zero_is_dry_air() -> None:
    assert dried([-3.0])[0] == [30.0]
