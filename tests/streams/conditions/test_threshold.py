"""Threshold: by hand."""

from typing import Any

import pytest
from pydantic import ValidationError

from streams.conditions.threshold import Threshold
from tests.streams.conditions.feed import MINUTE, START, Worker, city, frame


def played(values: list[float], **params: Any) -> list[tuple[int, int | None, int]]:
    """Episodes in steps of a quarter of an hour."""
    profile = {"conditions": {"threshold": params}, "tests": {"gross_range": {"fail": [-50, 50]}}}
    frames = [frame(START + i * 15 * MINUTE, level) for i, level in enumerate(values)]
    found = Worker(city(profile)).run(*frames).of("threshold")
    step = 15 * MINUTE
    return [((a - START) // step, b and (b - START) // step, level) for a, b, level in found]


def test_four_levels_are_climbed_and_left_below_the_hysteresis() -> None:
    vigilance = {"levels": [1, 2, 3, 4], "hysteresis": 0.5}
    assert played([0.9, 1.0, 2.0, 3.9], **vigilance) == [(1, None, 3)]
    assert played([0, 4.0], **vigilance) == [(1, None, 4)]
    assert played([0, 4.0, 3.5], **vigilance) == [(1, None, 4)]
    assert played([0, 4.0, 3.49], **vigilance) == [(1, None, 3)]
    assert played([0, 4.0, 0.5], **vigilance) == [(1, None, 1)]
    assert played([0, 4.0, 0.49], **vigilance) == [(1, 2, 4)]


def test_below_is_the_same_upside_down() -> None:
    low = {"levels": [5, 3], "side": "below", "hysteresis": 1}
    assert played([6, 5, 3, 3.9, 4.1], **low) == [(1, None, 1)]
    assert played([6, 5, 6.1], **low) == [(1, 2, 1)]


def test_it_must_last_for_its_duration() -> None:
    slow = {"levels": [1, 2], "duration": 1800}
    assert played([0, 1, 1, 0, 1, 1], **slow) == []
    assert played([0, 1, 2, 2, 2], **slow) == [(3, None, 2)]
    assert played([0, 1, 2, 2], **slow) == [(3, None, 1)]


def test_it_is_left_where_it_was_calm_for_long_enough() -> None:
    calm = {"levels": [1], "calm": 1800}
    assert played([1, 0, 0, 1, 0, 0], **calm) == [(0, None, 1)]
    assert played([1, 0, 0, 0], **calm) == [(0, 3, 1)]


def test_a_value_that_cannot_be_trusted_says_nothing() -> None:
    assert played([0, 99, 0], levels=[1]) == []


def test_the_reason_has_the_figures() -> None:
    registry = city({"conditions": {"threshold": {"levels": [1, 2]}}})
    assert Worker(registry).run(frame(START, 2.25)).reasons("threshold") == [
        "level 2.25 m: level 2 is above 2 m"
    ]


@pytest.mark.parametrize(
    "wrong",
    [
        {"levels": []},
        {"levels": [2, 1]},
        {"levels": [1, 2], "side": "below"},
        {"levels": [1, 2, 3, 4, 5]},
        {"levels": [1], "hysteresis": -1},
    ],
)
def test_what_makes_no_sense_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Threshold.model_validate(wrong)
