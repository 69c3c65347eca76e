"""Counter index: rises, falls, starts again and rolls over."""

import math

from hypothesis import given
from hypothesis import strategies as st

from streams.quality.counter_index import COUNTER_INDEX, CounterIndex
from tests.streams.quality.lines import HOUR, Line, S, columns, line

PARAMS = CounterIndex(q_max=20, q_min=1, modulus=1000, max_gap=5400)
values = st.sampled_from([0.0, 5.0, 40.0, 95.0, 500.0, 499.5, 507.0, 905.0, 990.0, math.nan])


def naive(samples: Line) -> list[int]:
    flags, last = [], None
    for t, x in samples:
        if math.isnan(x):
            flags.append(9)
            continue
        flag = 2
        if last is not None and t - last[0] <= 5400 * S:
            rise, hours = x - last[1], (t - last[0]) / HOUR
            if rise < 0 and last[1] > 900 and x < 100:
                rise += 1000
            if rise >= 0:
                flag = 4 if rise > 20 * hours else 1
            elif -rise <= hours or x <= 20 * hours:
                flag = 3
            else:
                flag = 4
        flags.append(flag)
        last = t, x
    return flags


@given(st.lists(st.tuples(st.sampled_from([600, 1800, 3600, 6000]), values), max_size=30))
def test_equals_its_definition(steps: list[tuple[float, float]]) -> None:
    samples = line(steps)
    assert COUNTER_INDEX.check(columns(samples), PARAMS).tolist() == naive(samples)


def flags(values: list[float], **params: float) -> list[int]:
    samples = line([(3600, x) for x in values])
    checked = CounterIndex.model_validate({"q_max": 20, "max_gap": 5400, **params})
    return COUNTER_INDEX.check(columns(samples), checked).tolist()


def test_a_rollover_is_a_rise_and_without_a_modulus_a_new_start() -> None:
    assert flags([990, 999, 5], modulus=1000) == [2, 1, 1]
    assert flags([990, 999, 5]) == [2, 1, 3]
    assert flags([990, 999, 50], modulus=1000) == [2, 1, 4]
    assert flags([900, 5], modulus=1000, q_max=200) == [2, 3]  # not in the last tenth
    assert flags([990, 100], modulus=1000, q_max=200) == [2, 3]  # not in the first
    assert flags([990, 99], modulus=1000, q_max=200) == [2, 1]


def test_backwards_fails_and_a_little_backflow_is_suspect() -> None:
    assert flags([500, 499.5, 480, 480], q_min=1) == [2, 3, 4, 1]
    assert flags([500, 499, 519, 539.5, 20, 500, 20.5], q_min=1) == [2, 3, 1, 4, 3, 4, 4]


def test_a_missing_value_is_passed_over() -> None:
    samples = line([(1800, 500.0), (1800, math.nan), (1800, 499.0), (3600, math.nan)])
    params = CounterIndex(q_max=20, max_gap=3600)
    assert COUNTER_INDEX.check(columns(samples), params).tolist() == [2, 9, 4, 9]
