"""Statistics of windows: right, and the same whatever else is in the arrays."""

import math
from statistics import pstdev

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from streams.quality.rolling import deviation, spread, starts

measured = st.integers(-(10**9), 10**9).map(lambda n: n / 1000)
"""What sensors say; the square of what is smaller than all that would be zero."""
values = st.lists(measured | st.just(math.nan), min_size=1, max_size=40)
lengths = st.integers(1, 45)


def _windows(x: list[float], length: int) -> list[list[float]]:
    return [
        [v for v in x[max(0, i - length + 1) : i + 1] if not math.isnan(v)] for i in range(len(x))
    ]


@given(x=values, length=lengths)
def test_the_spread_and_the_deviation_of_each_window(x: list[float], length: int) -> None:
    first = starts(np.arange(len(x), dtype=np.int64), length)
    array = np.array(x)
    for i, window in enumerate(_windows(x, length)):
        if window:
            assert spread(array, first)[i] == max(window) - min(window)
            size = max(map(abs, window))
            assert math.isclose(
                deviation(array, first)[i], pstdev(window), rel_tol=1e-9, abs_tol=1e-12 * size
            )
        else:
            assert spread(array, first)[i] == -math.inf
            assert math.isnan(deviation(array, first)[i])


@given(x=values, length=lengths, before=values)
def test_what_lies_before_a_window_changes_no_bit_of_it(
    x: list[float], length: int, before: list[float]
) -> None:
    alone = np.array(x)
    among = np.array(before + x)
    i, n = len(x) - 1, len(x)
    first = starts(np.arange(n, dtype=np.int64), min(length, n))
    more = starts(np.arange(len(among), dtype=np.int64), min(length, n))
    for found in (spread, deviation):
        assert found(alone, first)[i].tobytes() == found(among, more)[-1].tobytes()


def test_a_small_movement_on_a_large_level_is_not_lost() -> None:
    x = 1e9 + np.array([0.0, 1.0] * 50)
    assert deviation(x, np.zeros(100, np.intp))[-1] == 0.5
    assert deviation(np.full(100, 0.1), np.zeros(100, np.intp))[-1] == 0.0
