"""Lines between knots against numpy's own."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from streams.calibration.piecewise_linear import PIECEWISE_LINEAR

knots = st.lists(
    st.tuples(st.integers(-100, 100), st.floats(-1e3, 1e3)),
    min_size=2,
    max_size=8,
    unique_by=lambda knot: knot[0],
).map(sorted)


@given(knots, st.lists(st.floats(0, 1), max_size=20))
def test_between_the_knots_it_interpolates(
    table: list[tuple[float, float]], parts: list[float]
) -> None:
    at, y = np.array(table).T
    x = np.clip(at[0] + np.array(parts) * (at[-1] - at[0]), at[0], at[-1])
    params = PIECEWISE_LINEAR.parse({"knots": table})
    got = PIECEWISE_LINEAR.apply(x, params)
    assert got == pytest.approx(np.interp(x, at, y), rel=1e-9, abs=1e-9)
    assert PIECEWISE_LINEAR.flags is not None
    assert not PIECEWISE_LINEAR.flags(x, params).any()


def test_outside_the_line_of_the_edge_goes_on_and_is_suspect() -> None:
    params = PIECEWISE_LINEAR.parse({"knots": [[0, 0], [10, 20], [20, 30]]})
    x = np.array([-1.0, 0.0, 10.0, 20.0, 22.0, math.nan])
    assert PIECEWISE_LINEAR.apply(x, params)[:-1].tolist() == [-2.0, 0.0, 20.0, 30.0, 32.0]
    assert PIECEWISE_LINEAR.flags is not None
    assert PIECEWISE_LINEAR.flags(x, params).tolist() == [3, 0, 0, 0, 3, 0]


@pytest.mark.parametrize("given_knots", [[[0, 0]], [[0, 0], [0, 1]], [[1, 0], [0, 1]]])
def test_knots_that_do_not_increase_are_refused(given_knots: list[list[float]]) -> None:
    with pytest.raises(ValidationError):
        PIECEWISE_LINEAR.parse({"knots": given_knots})
