"""Another series at the instants of this one."""

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from streams.quality.aligned import aligned

others = st.lists(
    st.tuples(st.integers(-40, 40), st.integers(0, 9).map(float) | st.just(math.nan)),
    max_size=20,
    unique_by=lambda row: row[0],
).map(sorted)


@given(st.lists(st.integers(-50, 50), max_size=20).map(sorted), others, st.integers(0, 30))
def test_the_nearest_value_that_is_there_and_of_two_the_earlier(
    time: list[int], other: list[tuple[int, float]], within: int
) -> None:
    found = aligned(
        np.array(time, np.int64),
        np.array([t for t, _ in other], np.int64),
        np.array([x for _, x in other], np.float64),
        within,
    )
    expected = []
    for t in time:
        near = [(abs(at - t), at, x) for at, x in other if abs(at - t) <= within and x == x]
        expected.append(min(near)[2] if near else math.nan)
    np.testing.assert_array_equal(found, np.array(expected, np.float64))


def test_just_within_is_near_enough_and_of_two_as_near_the_earlier_counts() -> None:
    other, value = np.array([0, 20]), np.array([1.0, 2.0])
    found = aligned(np.array([-5, -6, 10, 25, 26]), other, value, 5)
    np.testing.assert_array_equal(found, [1, math.nan, math.nan, 2, math.nan])
    assert aligned(np.array([10]), other, value, 10).tolist() == [1]
