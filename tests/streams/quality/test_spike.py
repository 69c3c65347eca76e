"""Spike: literal cases of the norm, and both methods against their definition."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.quality import Columns
from streams.quality.spike import SPIKE, Spike

S = 1_000_000
NAN = math.nan
PARAMS = Spike(suspect=5, fail=20, max_gap=2250)


def flags(values: list[float], gaps: list[int] | None = None) -> list[int]:
    time = np.cumsum(gaps or [900] * len(values), dtype=np.int64) * S
    return SPIKE.check(Columns(time, time, np.array(values, np.float64), time), PARAMS).tolist()


def test_a_spike_moves_the_flags_of_its_neighbours_too() -> None:
    assert flags([10, 12, 999.99, 13, 15]) == [2, 4, 4, 4, 2]


@pytest.mark.parametrize(
    ("deviation", "flag"), [(0.0, 1), (5.0, 1), (5.001, 3), (20.0, 3), (20.001, 4), (-20.001, 4)]
)
def test_thresholds_are_strict(deviation: float, flag: int) -> None:
    assert flags([0.0, deviation, 0.0])[1] == flag


def test_a_missing_neighbour_leaves_it_open_and_a_missing_value_is_missing() -> None:
    assert flags([1, NAN, 1, 1, 1]) == [2, 9, 2, 1, 2]


def test_a_neighbour_beyond_the_gap_is_no_neighbour() -> None:
    assert flags([1, 1, 1], [900, 2250, 900]) == [2, 1, 2]
    assert flags([1, 1, 1], [900, 2251, 900]) == [2, 2, 2]


@pytest.mark.parametrize("n", [0, 1, 2])
def test_short_series_are_open(n: int) -> None:
    assert flags([1.0] * n) == [2] * n


def test_a_threshold_of_zero_is_off() -> None:
    time = np.arange(3, dtype=np.int64) * 900 * S
    columns = Columns(time, time, np.array([0.0, 6.0, 0.0]), time)
    assert SPIKE.check(columns, Spike(max_gap=2250)).tolist() == [2, 1, 2]
    assert SPIKE.check(columns, Spike(suspect=5, max_gap=2250)).tolist() == [2, 3, 2]


def naive(time: list[int], x: list[float], method: str) -> list[int]:
    found = [9 if math.isnan(v) else 2 for v in x]
    for i in range(1, len(x) - 1):
        before, here, after = x[i - 1 : i + 2]
        gap = max(time[i] - time[i - 1], time[i + 1] - time[i])
        if math.isnan(before + here + after) or gap > 2250 * S:
            continue
        if method == "average":
            d = abs(here - (before + after) / 2)
        else:
            up, down = here - before, after - here
            d = min(abs(up), abs(down)) if (up < 0 < down or down < 0 < up) else 0.0
        found[i] = 4 if d > 20 else 3 if d > 5 else 1
    return found


@pytest.mark.parametrize("method", ["average", "differential"])
@given(
    st.lists(
        st.tuples(st.integers(1, 3000), st.floats(-60, 60) | st.sampled_from([math.nan, 1.0])),
        max_size=30,
    )
)
def test_equals_its_definition(method: str, steps: list[tuple[int, float]]) -> None:
    time = np.cumsum([dt for dt, _ in steps], dtype=np.int64) * S
    x = [v for _, v in steps]
    params = PARAMS.model_copy(update={"method": method})
    found = SPIKE.check(Columns(time, time, np.array(x, np.float64), time), params).tolist()
    assert found == naive(time.tolist(), x, method)


def test_a_step_up_is_no_spike_for_the_differential_method() -> None:
    params = PARAMS.model_copy(update={"method": "differential"})
    time = np.arange(6, dtype=np.int64) * 900 * S
    x = np.array([0.0, 0.0, 30.0, 30.0, 55.0, 30.0])
    assert SPIKE.check(Columns(time, time, x, time), params).tolist() == [2, 1, 1, 1, 4, 2]
