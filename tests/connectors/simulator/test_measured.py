"""Differences between the truth and what was found are seen and said."""

from dataclasses import replace

from connectors.simulator.measured import TOLERANCES, differences, largest_deviation
from connectors.simulator.truth import Truth

TRUE = Truth(
    sent=12,
    unique=11,
    observed=10,
    dead=1,
    flagged={"pav": {"good": 6, "suspect": 1}, "noise": {"good": 3}},
    raised={"pav": {"spike suspect": 1}},
    indicators={
        "pav_fill": {("A", 0): 50.0},
        "noise_laeq": {("B", 0): 60.0, ("B", 3_600_000_000): 61.0},
        "noise_lden": {},
    },
)


def test_the_truth_has_no_difference() -> None:
    assert differences(TRUE, replace(TRUE)) == []


def test_a_count_a_flag_and_a_missing_one_are_named() -> None:
    found = replace(TRUE, observed=9, flagged={"pav": {"good": 7}, "noise": {"good": 3, "fail": 1}})
    assert differences(TRUE, found) == [
        "observed: 9, the truth is 10",
        "flagged noise: fail: 1, the truth is 0",
        "flagged pav: good: 7, the truth is 6",
        "flagged pav: suspect: 0, the truth is 1",
    ]


def test_values_may_differ_by_the_tolerance_and_no_more() -> None:
    near = TOLERANCES["noise_laeq"] * 0.9
    levels = {("B", 0): 60.0 + near, ("B", 3_600_000_000): 61.0}
    indicators = {**TRUE.indicators, "noise_laeq": levels}
    assert differences(TRUE, replace(TRUE, indicators=indicators)) == []
    assert 0 < largest_deviation(TRUE, replace(TRUE, indicators=indicators))["noise_laeq"] < 1e-6
    levels["B", 0] = 60.1
    (said,) = differences(TRUE, replace(TRUE, indicators=indicators))
    assert said == "noise_laeq of B at 1970-01-01T00:00:00+00:00: 60.1, the truth is 60.0"


def test_a_value_too_many_and_one_too_few_are_differences() -> None:
    found = replace(TRUE, indicators={**TRUE.indicators, "pav_fill": {("C", 0): 50.0}})
    assert len(differences(TRUE, found)) == 2


def test_many_differences_are_summed_up() -> None:
    wrong = {("B", hour * 3_600_000_000): 1.0 for hour in range(50)}
    said = differences(TRUE, replace(TRUE, indicators={**TRUE.indicators, "noise_laeq": wrong}))
    assert len(said) == 6
    assert said[-1] == "noise_laeq: 50 of 2 values differ"
