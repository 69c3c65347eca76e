"""Multilinear: terms by hand, and what a missing input does."""

import math

import numpy as np
import pytest

from streams.calibration import Inputs
from streams.calibration.multilinear import MULTILINEAR

X = np.array([10.0, 20.0])
TIME = np.zeros(2, np.int64)
ALL = {"air_temperature": np.array([20.0, -5.0]), "relative_humidity": np.array([50.0, 80.0])}


def test_every_term_counts() -> None:
    params = MULTILINEAR.parse(
        {"intercept": 1, "slope": 2, "temperature": 0.5, "humidity": -0.1, "interaction": 0.01}
    )
    got = MULTILINEAR.calibrate(X, params, Inputs(TIME, ALL))
    assert got.value == pytest.approx([1 + 20 + 10 - 5 + 10, 1 + 40 - 2.5 - 8 - 4])
    assert got.flags.tolist() == [0, 0]


def test_the_correction_of_the_united_states_for_one_make() -> None:
    """Barkjohn et al., AMT 14 (2021) 4617–4637: PM2.5 = 0.524·PA − 0.0862·RH + 5.75."""
    params = MULTILINEAR.parse({"slope": 0.524, "humidity": -0.0862, "intercept": 5.75})
    got = MULTILINEAR.calibrate(X, params, Inputs(TIME, ALL))
    assert got.value == pytest.approx([6.68, 9.334])
    assert MULTILINEAR.siblings(params) == ("relative_humidity",)


def test_a_missing_input_takes_the_value_with_it_and_says_so() -> None:
    params = MULTILINEAR.parse({"humidity": 1.0})
    dry = {"relative_humidity": np.array([math.nan, 50.0])}
    got = MULTILINEAR.calibrate(X, params, Inputs(TIME, dry))
    assert got.value[1] == 70.0
    assert np.isnan(got.value[0])
    assert got.flags.tolist() == [2, 0]
    none = MULTILINEAR.calibrate(X, params, Inputs(TIME))
    assert none.flags.tolist() == [2, 2]


def test_what_it_does_not_multiply_may_be_missing() -> None:
    params = MULTILINEAR.parse({"slope": 2.0})
    assert MULTILINEAR.siblings(params) == ()
    assert MULTILINEAR.calibrate(X, params, Inputs(TIME)).value.tolist() == [20.0, 40.0]


def test_inputs_go_by_the_names_of_the_device() -> None:
    params = MULTILINEAR.parse({"interaction": 1.0, "temperature_property": "water_temperature"})
    assert MULTILINEAR.siblings(params) == ("water_temperature", "relative_humidity")
    assert MULTILINEAR.reach(params) == 900_000_000
