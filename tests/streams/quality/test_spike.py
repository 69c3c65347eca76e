"""Spike, average method: literal cases of the norm."""

import math

import numpy as np
import pytest

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
