"""Gross range: bounds are good, what lies beyond is not."""

import math

import numpy as np
import pytest
from pydantic import ValidationError

from streams.quality import Columns
from streams.quality.gross_range import GROSS_RANGE, GrossRange


def flags(values: list[float], params: GrossRange) -> list[int]:
    time = np.arange(len(values), dtype=np.int64)
    return GROSS_RANGE.check(Columns(time, time, np.array(values), time), params).tolist()


def test_bounds_are_inclusive() -> None:
    params = GrossRange(fail=(0, 100), suspect=(5, 98))
    assert flags([-0.1, 0, 4.9, 5, 50, 98, 98.1, 100, 100.1, math.nan], params) == [
        *(4, 3, 3, 1, 1, 1, 3, 3, 4, 9)
    ]


def test_a_span_may_be_one_value() -> None:
    assert flags([6.9, 7.0, 7.1], GrossRange(fail=(0, 14), suspect=(7, 7))) == [3, 1, 3]


def test_zero_is_a_value() -> None:
    assert flags([0.0, -0.0], GrossRange(fail=(0, 1))) == [1, 1]


@pytest.mark.parametrize("suspect", [(-1, 5), (5, 101), (6, 5)])
def test_a_suspect_span_outside_the_fail_span_is_refused(suspect: tuple[float, float]) -> None:
    with pytest.raises(ValidationError, match="within fail"):
        GrossRange(fail=(0, 100), suspect=suspect)
