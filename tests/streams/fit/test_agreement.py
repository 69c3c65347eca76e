"""Metrics by hand."""

import math

import numpy as np
import pytest

from streams.fit.agreement import agreement, precision


def test_metrics_of_four_pairs() -> None:
    found = agreement(np.array([2.0, 4.0, 6.0, 10.0]), np.array([1.0, 4.0, 7.0, 8.0]))
    assert (found.n, found.mean_reference, found.mbe, found.mae) == (4, 5.0, 0.5, 1.0)
    assert found.relative_bias == 10.0
    assert found.rmse == pytest.approx(math.sqrt(1.5))
    assert found.nrmse == pytest.approx(100 * math.sqrt(1.5) / 5)
    assert found.r2 == pytest.approx(np.corrcoef([2, 4, 6, 10], [1, 4, 7, 8])[0, 1] ** 2)


def test_what_is_relative_to_zero_is_not_known() -> None:
    found = agreement(np.array([1.0, 2.0]), np.array([-1.0, 1.0]))
    assert (found.nrmse, found.relative_bias) == (None, None)
    assert agreement(np.array([1.0, 1.0]), np.array([0.0, 1.0])).r2 is None


def test_precision_takes_intervals_in_which_all_units_were_valid() -> None:
    """Two intervals of three units: means 10 and 21, squares 2 and 2, over 2·3 − 1."""
    values = np.array([[9.0, 10.0, 11.0], [20.0, 21.0, 22.0], [5.0, math.nan, 50.0]])
    found = precision(values)
    assert found is not None
    assert (found.units, found.intervals) == (3, 2)
    assert found.sd == pytest.approx(math.sqrt(4 / 5))
    assert found.cv == pytest.approx(100 * math.sqrt(4 / 5) / 15.5)


def test_one_unit_or_no_common_interval_has_no_precision() -> None:
    assert precision(np.array([[1.0], [2.0]])) is None
    assert precision(np.array([[1.0, math.nan], [math.nan, 2.0]])) is None
    zero = precision(np.array([[-1.0, 1.0]]))
    assert zero is not None
    assert zero.cv is None
