"""A set of numbers in runs is a set."""

from hypothesis import given
from hypothesis import strategies as st

from streams.runs import Runs


@given(st.lists(st.integers(-8, 8)))
def test_it_is_the_set_of_what_was_toggled_an_odd_number_of_times(numbers: list[int]) -> None:
    runs, expected = Runs(), set[int]()
    for number in numbers:
        runs.toggle(number)
        expected ^= {number}
    assert list(runs) == sorted(expected)
    assert len(runs) == len(expected)
    assert bool(runs) == bool(expected)
    assert [n in runs for n in range(-9, 10)] == [n in expected for n in range(-9, 10)]


def test_what_follows_one_another_is_one_run() -> None:
    runs = Runs()
    for number in range(100):
        runs.toggle(number)
    assert runs.edges == [0, 100]
