"""A counter's correction factor, and how much counting by hand makes one."""

from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from streams.calibration.correction_factor import CORRECTION_FACTOR

ENOUGH: dict[str, Any] = {"factor": 1.25, "passages": 100, "hours": 2, "peak": True}


def test_counts_are_multiplied_and_zero_stays_zero() -> None:
    y = CORRECTION_FACTOR.apply(np.array([0.0, 8.0]), CORRECTION_FACTOR.parse(ENOUGH))
    assert y.tolist() == [0.0, 10.0]


@pytest.mark.parametrize(
    "short", [{"passages": 99}, {"hours": 1.9}, {"peak": False}, {"factor": 0}]
)
def test_one_from_too_little_counting_is_refused(short: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match=next(iter(short))):
        CORRECTION_FACTOR.parse(ENOUGH | short)
