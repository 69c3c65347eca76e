"""Series as plain lists, for oracles in plain Python."""

import math
from collections.abc import Sequence

import numpy as np

from streams.quality import Columns

S = 1_000_000
HOUR = 3600 * S
MONDAY = 1_767_571_200 * S
"""2026-01-05 00:00 UTC."""

Line = list[tuple[int, float]]
"""Instant in UTC microseconds and value, NaN where missing, in time order."""


def line(steps: Sequence[tuple[float, float]], start: int = MONDAY) -> Line:
    """From seconds since the sample before, and value."""
    found, at = [], start
    for step, value in steps:
        at += round(step * S)
        found.append((at, float(value)))
    return found


def columns(samples: Line, **siblings: Sequence[float]) -> Columns:
    """As a test gets them; what is observed arrives at once."""
    time = np.array([t for t, _ in samples], np.int64)
    others = {name: np.array(x, np.float64) for name, x in siblings.items()}
    values = np.array([x for _, x in samples], np.float64)
    return Columns(time, time, values, np.arange(len(time), dtype=np.int64), others)


def there(x: float) -> bool:
    """Whether a value is not missing."""
    return not math.isnan(x)
