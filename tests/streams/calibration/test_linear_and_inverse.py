"""Linear and its inverse."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from streams.calibration.inverse import INVERSE
from streams.calibration.linear import LINEAR


def test_linear_adds_and_multiplies() -> None:
    y = LINEAR.apply(np.array([0.0, 10.0]), LINEAR.parse({"a": 1.5, "b": 2.0}))
    assert y.tolist() == [1.5, 21.5]


def test_inverse_takes_the_offset_away_and_divides_by_the_gain() -> None:
    y = INVERSE.apply(np.array([0.5, 20.5]), INVERSE.parse({"gain": 2.0, "offset": 0.5}))
    assert y.tolist() == [0.0, 10.0]


@given(st.floats(-1e6, 1e6), st.floats(0.01, 100), st.floats(-1e3, 1e3))
def test_inverse_undoes_linear(x: float, gain: float, offset: float) -> None:
    seen = LINEAR.apply(np.array([x]), LINEAR.parse({"a": offset, "b": gain}))
    back = INVERSE.apply(seen, INVERSE.parse({"gain": gain, "offset": offset}))
    assert back[0] == pytest.approx(x, rel=1e-9, abs=1e-9)


def test_a_gain_of_zero_is_refused() -> None:
    with pytest.raises(ValidationError, match="a gain of 0 says nothing"):
        INVERSE.parse({"gain": 0})
