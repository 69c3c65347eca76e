"""Energy balance: the index rises by what the power says."""

import math

from hypothesis import given
from hypothesis import strategies as st

from streams.quality.energy_balance import ENERGY_BALANCE, EnergyBalance
from tests.streams.quality.lines import HOUR, Line, columns, line, there

PARAMS = EnergyBalance(resolution=0.01, max_gap=3600)
values = st.integers(0, 40).map(lambda i: i / 8) | st.just(math.nan)
watts = st.integers(0, 20).map(lambda i: i * 250.0) | st.just(math.nan)


def naive(samples: Line, power: list[float]) -> list[int]:
    flags = [9 if math.isnan(x) else 2 for _, x in samples]
    for i in range(1, len(samples)):
        (t0, e0), (t1, e1) = samples[i - 1 : i + 1]
        hours = (t1 - t0) / HOUR
        if all(map(there, (e0, e1, power[i - 1], power[i]))) and hours <= 1:
            fed = (power[i - 1] + power[i]) / 2000 * hours
            flags[i] = 3 if abs(fed - (e1 - e0)) > 0.05 * abs(e1 - e0) + 0.01 else 1
    return flags


@given(st.lists(st.tuples(st.integers(1, 8), values, watts), max_size=30))
def test_equals_its_definition(rows: list[tuple[int, float, float]]) -> None:
    samples = line([(600 * step, x) for step, x, _ in rows])
    power = [w for *_, w in rows]
    found = ENERGY_BALANCE.check(columns(samples, power=power), PARAMS).tolist()
    assert found == naive(samples, power)


def test_a_kilowatt_for_an_hour_is_a_kilowatt_hour() -> None:
    samples = line([(0, 100.0), (3600, 101.0), (3600, 102.06), (3600, 103.0), (3601, 104.0)])
    c = columns(samples, power=[1000.0, 1000.0, 1000.0, 700.0, 1300.0])
    assert ENERGY_BALANCE.check(c, EnergyBalance(max_gap=3600)).tolist() == [2, 1, 3, 3, 2]
