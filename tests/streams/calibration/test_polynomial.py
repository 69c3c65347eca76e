"""Polynomial: Horner's value, and a range in which it must not turn."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from streams.calibration.polynomial import POLYNOMIAL

coefficient = st.floats(-5, 5)


def test_values_by_hand() -> None:
    params = POLYNOMIAL.parse({"coefficients": [1, 2, 3, 4], "range": [0, 10]})
    assert POLYNOMIAL.apply(np.array([0.0, 1.0, 2.0]), params).tolist() == [1.0, 10.0, 49.0]


def test_more_than_a_tenth_outside_the_range_is_suspect() -> None:
    params = POLYNOMIAL.parse({"coefficients": [0, 1], "range": [0, 100]})
    x = np.array([-10.1, -10.0, 0.0, 110.0, 110.1, math.nan])
    assert POLYNOMIAL.flags is not None
    assert POLYNOMIAL.flags(x, params).tolist() == [3, 0, 0, 0, 3, 0]


@pytest.mark.parametrize(
    ("coefficients", "low", "high"),
    [
        ([0, 0, 1], -1, 1),
        ([5, 0], 0, 1),
        ([0, 3, 0, -1], -2, 2),  # falls, rises, falls: both ends say that it falls
        ([0, 1, 0, -1], -0.1, 1),
    ],
)
def test_one_that_turns_on_its_range_is_refused(
    coefficients: list[float], low: float, high: float
) -> None:
    with pytest.raises(ValidationError, match="not monotonic"):
        POLYNOMIAL.parse({"coefficients": coefficients, "range": [low, high]})


@pytest.mark.parametrize(
    ("coefficients", "low", "high"),
    [
        ([0, 0, 1], 0, 10),
        ([0, -0.6, 1], 0.3, 1),
        ([0, 0.27, -0.9, 1], 0, 1),
        ([0, 0, 0, 1], -1, 1),
        ([0, -2], 0, 1),
    ],
)
def test_one_that_only_rests_is_monotonic(
    coefficients: list[float], low: float, high: float
) -> None:
    POLYNOMIAL.parse({"coefficients": coefficients, "range": [low, high]})


@pytest.mark.parametrize("given_params", [{"range": [1, 1]}, {"coefficients": [1]}])
def test_what_is_no_polynomial_on_a_range_is_refused(given_params: dict[str, list[float]]) -> None:
    with pytest.raises(ValidationError):
        POLYNOMIAL.parse({"coefficients": [0, 1], "range": [0, 1]} | given_params)


@given(st.lists(coefficient, min_size=2, max_size=4), st.floats(-5, 4), st.floats(0.1, 5))
def test_what_is_accepted_is_monotonic_on_a_fine_grid(
    coefficients: list[float], low: float, width: float
) -> None:
    try:
        params = POLYNOMIAL.parse({"coefficients": coefficients, "range": [low, low + width]})
    except ValidationError:
        slope = np.polyval(
            [k * c for k, c in reversed(list(enumerate(coefficients)))][:-1],
            np.linspace(low, low + width, 2001),
        )
        assert slope.min() <= 1e-4
        assert slope.max() >= -1e-4
        return
    steps = np.diff(POLYNOMIAL.apply(np.linspace(low, low + width, 501), params))
    assert (steps >= -1e-9).all() or (steps <= 1e-9).all()
