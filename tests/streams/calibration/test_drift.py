"""Drift between two maintenances."""

import math
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from streams.calibration import Calibrated, Inputs
from streams.calibration.drift import DRIFT

OPENED = datetime(2026, 3, 1, tzinfo=UTC)
CLOSED = OPENED + timedelta(days=40)
ENDS = {"opened": OPENED.isoformat(), "closed": CLOSED.isoformat()}


def at(days: list[float], params: dict[str, Any], x: float = 100.0) -> Calibrated:
    origin = int(OPENED.timestamp()) * 1_000_000
    time = origin + (np.array(days) * 86_400_000_000).astype(np.int64)
    return DRIFT.calibrate(np.full(len(days), x), DRIFT.parse(params), Inputs(time))


def test_an_additive_drift_grows_from_the_first_error_to_the_last() -> None:
    got = at([0, 10, 20, 40], ENDS | {"first": 1.0, "last": 5.0})
    assert got.value.tolist() == [99.0, 98.0, 97.0, 95.0]
    assert not got.provisional
    assert not got.flags.any()


def test_a_multiplicative_drift_divides_by_the_gain_of_that_time() -> None:
    got = at([0, 20, 40], ENDS | {"form": "multiplicative", "last": 1.5})
    assert got.value == pytest.approx([100.0, 80.0, 100.0 / 1.5])


@pytest.mark.parametrize(
    ("params", "value"),
    [
        ({}, 100.0),
        ({"first": 2.0}, 98.0),
        ({"form": "multiplicative"}, 100.0),
        ({"form": "multiplicative", "first": 1.25}, 80.0),
    ],
)
def test_while_it_is_open_the_first_is_all_that_is_known(
    params: dict[str, Any], value: float
) -> None:
    got = at([0, 300], {"opened": OPENED.isoformat(), **params})
    assert got.value.tolist() == [value, value]
    assert got.provisional


def test_outside_the_two_acts_the_nearer_end_holds_and_is_suspect() -> None:
    got = at([-1, 0, 40, 41], ENDS | {"last": 4.0})
    assert got.value.tolist() == [100.0, 100.0, 96.0, 96.0]
    assert got.flags.tolist() == [3, 0, 0, 3]
    assert at([-1], ENDS | {"last": 4.0}, math.nan).flags.tolist() == [0]


@pytest.mark.parametrize(
    ("params", "message"),
    [
        (ENDS, "closed and last come together"),
        ({"opened": ENDS["opened"], "last": 1.0}, "closed and last come together"),
        ({"opened": ENDS["closed"], "closed": ENDS["opened"], "last": 1.0}, "opened must lie"),
        (ENDS | {"form": "multiplicative", "last": 0.0}, "gain must be above 0"),
        ({"opened": "2026-03-01T00:00:00"}, "timezone"),
    ],
)
def test_what_makes_no_interval_is_refused(params: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        DRIFT.parse(params)
