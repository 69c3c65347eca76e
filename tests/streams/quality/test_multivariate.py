"""Multivariate: what one device says must not contradict itself."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from streams.quality.multivariate import MULTIVARIATE, Multivariate
from tests.streams.quality.lines import columns, line

NAN = math.nan
values = st.integers(0, 12).map(float) | st.just(NAN)


@given(st.lists(st.tuples(values, values, values, values), max_size=20))
def test_equals_its_definition(rows: list[tuple[float, float, float, float]]) -> None:
    params = Multivariate(at_least=("a",), at_most=("b",), sum_of=("a", "c"), tolerance=1)
    samples = line([(60, x) for x, *_ in rows])
    c = columns(samples, a=[r[1] for r in rows], b=[r[2] for r in rows], c=[r[3] for r in rows])
    expected = []
    for x, a, b, other in rows:
        broken = x < a - 1 or x > b + 1 or abs(x - (a + other)) > 1
        flag = 3 if broken else 2 if any(map(math.isnan, (a, b, other))) else 1
        expected.append(9 if math.isnan(x) else flag)
    assert MULTIVARIATE.check(c, params).tolist() == expected


def test_particles_dew_and_levels() -> None:
    pm10 = columns(line([(60, 12.0), (60, 8.0), (60, 9.5)]), pm2_5=[10, 10, 10])
    rule = Multivariate(at_least=("pm2_5",), tolerance=1)
    assert MULTIVARIATE.check(pm10, rule).tolist() == [1, 3, 1]
    dew = columns(line([(60, 12.0), (60, 20.5)]), air_temperature=[20, 20])
    assert MULTIVARIATE.check(dew, Multivariate(at_most=("air_temperature",))).tolist() == [1, 3]


def test_a_rule_about_nothing_is_refused() -> None:
    with pytest.raises(ValidationError, match="at_least, at_most or sum_of"):
        Multivariate(tolerance=1)
