"""Blocks of days, and what they see that random draws would not."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.duration import DAY, HOUR
from streams.fit import Options
from streams.fit.cross_validation import blocks, cross_validate
from streams.fit.multilinear import MULTILINEAR
from streams.fit.ols import OLS


@given(st.lists(st.integers(-10, 30), min_size=1, max_size=60))
def test_a_day_is_never_torn_apart_and_folds_follow_in_time(days: list[int]) -> None:
    time = np.array(days) * DAY + HOUR
    fold = blocks(len(days), time)
    assert fold.max() + 1 == min(5, len(set(days)))
    assert set(fold.tolist()) == set(range(fold.max() + 1))
    order = np.argsort(time, kind="stable")
    assert (np.diff(fold[order]) >= 0).all()
    for day in set(days):
        assert len(set(fold[np.array(days) == day].tolist())) == 1


def test_without_times_rows_that_follow_one_another_are_a_block() -> None:
    assert blocks(7, None).tolist() == [0, 0, 1, 2, 2, 3, 4]


def test_it_is_fitting_without_and_predicting_each_block() -> None:
    rng = np.random.default_rng(2)
    x = rng.uniform(0, 50, 100)
    y = 1.0 + 0.9 * x + rng.normal(0, 2, 100)
    found = cross_validate(OLS, {"sensor": x}, y, Options(), None)
    assert found is not None
    predicted = np.empty(100)
    for fold in range(5):
        held = slice(20 * fold, 20 * fold + 20)
        rest = np.delete(np.arange(100), np.arange(100)[held])
        b, a = np.polyfit(x[rest], y[rest], 1)
        predicted[held] = a + b * x[held]
    assert (found.folds, found.block) == (5, "rows")
    assert found.held_out.rmse == pytest.approx(np.sqrt(((predicted - y) ** 2).mean()))
    assert found.rmse_of_folds[0] == pytest.approx(np.sqrt(((predicted - y)[:20] ** 2).mean()))


def test_days_that_were_not_seen_say_what_random_draws_hide() -> None:
    """Six days, each with its own error and weather: a fit learns them by heart."""
    rng = np.random.default_rng(5)
    day = np.repeat(np.arange(6), 48)
    reference = rng.uniform(10, 40, len(day))
    columns = {
        "sensor": reference + rng.normal(0, 3, 6)[day] + rng.normal(0, 0.2, len(day)),
        "temperature": rng.uniform(0, 30, 6)[day],
        "humidity": rng.uniform(30, 90, 6)[day],
    }
    blocked = cross_validate(MULTILINEAR, columns, reference, Options(), day * DAY)
    order = rng.permutation(len(day))
    shuffled = {name: column[order] for name, column in columns.items()}
    drawn = cross_validate(MULTILINEAR, shuffled, reference[order], Options(), None)
    assert blocked is not None
    assert drawn is not None
    assert (blocked.block, drawn.block) == ("day", "rows")
    assert blocked.held_out.rmse > 1.5 * drawn.held_out.rmse


def test_one_day_cannot_be_cross_validated() -> None:
    x = np.arange(10.0)
    assert cross_validate(OLS, {"sensor": x}, x, Options(), np.zeros(10, np.int64)) is None


def test_too_little_left_to_fit_on_is_no_cross_validation() -> None:
    x = np.arange(3.0)
    assert cross_validate(OLS, {"sensor": x}, x, Options(), None) is None
