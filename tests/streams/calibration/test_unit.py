"""One quantity in another unit."""

import numpy as np
import pytest
from pydantic import ValidationError

from streams.calibration.unit import UNIT


def test_fahrenheit_in_celsius() -> None:
    y = UNIT.apply(np.array([32.0, 212.0]), UNIT.parse({"from": "°F", "to": "°C"}))
    assert y == pytest.approx([0.0, 100.0])


@pytest.mark.parametrize(("source", "target"), [("ppb", "ug/m3"), ("furlong", "m")])
def test_what_cannot_be_converted_is_refused(source: str, target: str) -> None:
    with pytest.raises(ValidationError, match=source):
        UNIT.parse({"from": source, "to": target})
