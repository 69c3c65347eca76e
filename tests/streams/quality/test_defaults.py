"""Defaults: of properties that exist, for tests that exist, with parameters that they take."""

import pytest

import streams.quality
from streams.discover import discover
from streams.inventory.vocabulary import vocabulary
from streams.quality import QualityTest
from streams.quality.defaults import defaults, table

TESTS = discover(streams.quality, QualityTest)


def test_they_are_of_the_vocabulary() -> None:
    assert set(table()) <= {known.id for known in vocabulary()}


@pytest.mark.parametrize("name", table())
def test_a_test_takes_them(name: str) -> None:
    found = defaults(name, 900)
    assert {t: TESTS[t].params.model_validate(p).model_dump() for t, p in found.items()}


def test_neighbours_in_time_are_two_periods_and_a_half_apart_at_most() -> None:
    assert defaults("ph", 600)["rate_of_change"] == {"suspect": 1, "max_gap": 1500}
    assert defaults("ph", 600)["gross_range"] == {"fail": [0, 14], "suspect": [6, 9.5]}


def test_nothing_is_assumed_of_another_property() -> None:
    assert defaults("battery_voltage", 600) == {}


def test_twice_the_time_counts_twice_as_many() -> None:
    (count,) = defaults("bike_count", 1800).values()
    assert count == {"fail": [0, 3000], "suspect": [0, 1200]}


def test_no_default_asks_for_a_week_that_only_the_place_knows() -> None:
    assert not any("stuck_zero" in tests for tests in table().values())
