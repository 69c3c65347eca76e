"""The flag of a row as in ioos_qc: a missing value is what its tests say, not MISSING."""

from collections.abc import Iterable

import numpy as np

from streams.quality import FAIL, GOOD, MISSING, SUSPECT, UNKNOWN, Flags

_ORDER = UNKNOWN, GOOD, SUSPECT, FAIL


def aggregate(tests: Iterable[Flags], rows: int) -> Flags:
    """The worst flag of each row, in the order 9, 2, 1, 3, 4; MISSING where there is no test."""
    held = list(tests)
    result = np.full(rows, MISSING, np.uint8)
    for flag in _ORDER:
        for flags in held:
            result[flags == flag] = flag
    return result
