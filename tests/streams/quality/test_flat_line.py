"""Flat line against its definition in plain loops."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from streams.quality import Columns
from streams.quality.flat_line import FLAT_LINE, FlatLine

S = 1_000_000
PARAMS = FlatLine(suspect=4000, fail=9000, tolerance=0.3)

series = st.lists(
    st.tuples(st.integers(1, 1500), st.sampled_from([1.0, 1.1, 1.2, 1.3, 2.0, math.nan])),
    max_size=60,
)


def columns(steps: list[tuple[int, float]]) -> Columns:
    time = np.cumsum([dt for dt, _ in steps], dtype=np.int64) * S
    return Columns(time, time, np.array([x for _, x in steps], np.float64), time)


def naive(c: Columns) -> list[int]:
    flags = []
    for t, x in zip(c.time.tolist(), c.value.tolist(), strict=True):
        flag = 2
        for threshold, raised in ((4000, 3), (9000, 4)):
            window = [
                (at, v)
                for at, v in zip(c.time.tolist(), c.value.tolist(), strict=True)
                if t - threshold * S < at <= t and not math.isnan(v)
            ]
            if window and 10 * (window[-1][0] - window[0][0]) >= 9 * threshold * S:
                values = [v for _, v in window]
                if max(values) - min(values) < 0.3:
                    flag = raised
                elif flag == 2:
                    flag = 1
        flags.append(9 if math.isnan(x) else flag)
    return flags


@given(series)
def test_equals_its_definition(steps: list[tuple[int, float]]) -> None:
    c = columns(steps)
    assert FLAT_LINE.check(c, PARAMS).tolist() == naive(c)


@given(series)
def test_nothing_older_than_the_look_back_matters(steps: list[tuple[int, float]]) -> None:
    c = columns(steps)
    if len(c.time):
        near = c.time > c.time[-1] - FLAT_LINE.look_back(PARAMS)
        part = Columns(c.time[near], c.time[near], c.value[near], c.time[near])
        assert FLAT_LINE.check(part, PARAMS)[-1] == FLAT_LINE.check(c, PARAMS)[-1]


def test_a_constant_signal_is_flagged_and_a_living_one_is_not() -> None:
    stuck = columns([(900, 50.0)] * 30)
    alive = columns([(900, float(i)) for i in range(30)])
    params = FlatLine(suspect=9000, fail=18000, tolerance=0.2)
    assert FLAT_LINE.check(stuck, params).tolist() == [2] * 9 + [3] * 9 + [4] * 12
    assert FLAT_LINE.check(alive, params).tolist() == [2] * 9 + [1] * 21


def test_a_spread_of_just_the_tolerance_is_living() -> None:
    moving = columns([(900, float(i % 2) / 4) for i in range(12)])
    for tolerance, flag in ((0.25, 1), (0.26, 4)):
        params = FlatLine(suspect=9000, fail=9000, tolerance=tolerance, rest=(7, 7))
        assert FLAT_LINE.check(moving, params)[-1] == flag


def test_a_value_at_rest_may_stay() -> None:
    params = FlatLine(suspect=9000, fail=18000, tolerance=0.2, rest=(98, 103))
    saturated = columns([(900, 98.0)] * 30)
    assert FLAT_LINE.check(saturated, params).tolist() == [2] * 9 + [1] * 21
    below = columns([(900, 97.9)] * 30)
    assert FLAT_LINE.check(below, params).tolist() == [2] * 9 + [3] * 9 + [4] * 12
    with pytest.raises(ValidationError, match="lower bound first"):
        FlatLine(suspect=1, fail=2, tolerance=1, rest=(2, 1))


def test_a_tolerance_of_zero_would_never_flag_and_is_refused() -> None:
    with pytest.raises(ValidationError, match="tolerance"):
        FlatLine(suspect=1, fail=2, tolerance=0)
