"""Rate of change against its definition in plain loops."""

import math

from hypothesis import given
from hypothesis import strategies as st

from streams.quality.rate_of_change import RATE_OF_CHANGE, RateOfChange
from tests.streams.quality.lines import HOUR, Line, S, columns, line, there

PARAMS = RateOfChange(suspect=8, fail=20, max_gap=2250)

steps = st.lists(
    st.tuples(st.integers(0, 2400), st.floats(-5, 40) | st.sampled_from([math.nan, 10.0])),
    max_size=40,
)


def naive(samples: Line) -> list[int]:
    flags = [9 if math.isnan(x) else 2 for _, x in samples]
    for i in range(1, len(samples)):
        (before, y), (t, x) = samples[i - 1], samples[i]
        if there(x) and there(y) and 0 < t - before <= 2250 * S:
            rate = abs(x - y) / ((t - before) / HOUR)
            flags[i] = 4 if rate > 20 else 3 if rate > 8 else 1
    return flags


@given(steps)
def test_equals_its_definition(steps: list[tuple[float, float]]) -> None:
    samples = line(steps)
    assert RATE_OF_CHANGE.check(columns(samples), PARAMS).tolist() == naive(samples)


def test_the_threshold_itself_is_good_and_direction_does_not_matter() -> None:
    params = RateOfChange(suspect=8, fail=16, max_gap=3600)
    samples = line(
        [(0, 10), (1800, 14), (1800, 18.1), (1800, 14), (1800, 22.1), (3601, 22.1), (3600, 30.1)]
    )
    assert RATE_OF_CHANGE.check(columns(samples), params).tolist() == [2, 1, 3, 3, 4, 2, 1]
