"""The contract that every quality test inherits, and the precedence of flags."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import streams.quality
from streams.discover import discover
from streams.quality import Columns, QualityTest, aggregate

TESTS = discover(streams.quality, QualityTest)
PARAMS = {
    "gross_range": {"fail": (0, 100), "suspect": (5, 90)},
    "spike": {"suspect": 5, "fail": 20, "max_gap": 2250},
    "flat_line": {"suspect": 3000, "fail": 9000, "tolerance": 0.2},
}
RANK = [9, 2, 1, 3, 4]

values = st.lists(
    st.floats(-50, 150) | st.just(math.nan) | st.sampled_from([7.0, 7.1]), max_size=40
)


def columns(x: list[float]) -> Columns:
    time = np.arange(len(x), dtype=np.int64) * 900_000_000
    return Columns(time, time, np.array(x, np.float64), time)


def test_every_test_that_is_found_is_held_to_the_contract() -> None:
    assert set(TESTS) == set(PARAMS)


@pytest.mark.parametrize("name", PARAMS)
@given(x=values)
def test_flags_are_of_the_scale_and_missing_is_never_good(name: str, x: list[float]) -> None:
    test = TESTS[name]
    flags = test.check(columns(x), test.params.model_validate(PARAMS[name]))
    assert flags.dtype == np.uint8
    assert len(flags) == len(x)
    assert set(flags.tolist()) <= set(RANK)
    assert all((f == 9) == math.isnan(v) for f, v in zip(flags.tolist(), x, strict=True))


@pytest.mark.parametrize("name", PARAMS)
def test_parameters_survive_a_round_trip_and_unknown_ones_are_refused(name: str) -> None:
    params = TESTS[name].params.model_validate(PARAMS[name])
    assert TESTS[name].params.model_validate(params.model_dump()) == params
    with pytest.raises(ValueError, match="extra"):
        TESTS[name].params.model_validate({**PARAMS[name], "unknown": 1})


@given(st.lists(st.lists(st.sampled_from([0, *RANK]), min_size=3, max_size=3), max_size=5))
def test_precedence(flags: list[list[int]]) -> None:
    missing = np.array([False, False, True])
    found = aggregate([np.array(f, np.uint8) for f in flags], missing).tolist()
    for row in range(2):
        applied = [f[row] for f in flags if f[row]] or [2]
        assert found[row] == max(applied, key=RANK.index)
    assert found[2] == 9
