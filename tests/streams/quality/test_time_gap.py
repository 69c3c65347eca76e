"""Time gap: the first sample after a silence, but for the first of all."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from streams.quality.time_gap import TIME_GAP, TimeGap
from tests.streams.quality.lines import S, columns, line

PARAMS = TimeGap(suspect=1000, fail=2000, memory=5000)


@given(st.lists(st.tuples(st.integers(1, 6000), st.sampled_from([1.0, math.nan])), max_size=30))
def test_equals_its_definition(steps: list[tuple[float, float]]) -> None:
    samples = line(steps)
    expected = []
    for i, (t, x) in enumerate(samples):
        gap = (t - samples[i - 1][0]) / S if i else math.inf
        flag = 2 if gap > 5000 else 4 if gap > 2000 else 3 if gap > 1000 else 1
        expected.append(9 if math.isnan(x) else flag)
    assert TIME_GAP.check(columns(samples), PARAMS).tolist() == expected


def test_bounds_are_good_and_by_default_a_month_is_remembered() -> None:
    samples = line([(0, 1), (7200, 1), (7200.000001, 1), (31 * 86400, 1), (31 * 86400 + 1, 1)])
    found = TIME_GAP.check(columns(samples), TimeGap(fail=7200)).tolist()
    assert found == [2, 1, 4, 4, 2]
    same = TimeGap(suspect=7200, fail=7200, memory=7200)
    assert TIME_GAP.check(columns(samples), same).tolist() == [2, 1, 2, 2, 2]


@pytest.mark.parametrize("wrong", [{"suspect": 3000, "fail": 2000}, {"fail": 40, "memory": 39}])
def test_durations_out_of_order_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValidationError, match="in this order"):
        TimeGap.model_validate(wrong)
