"""Rate of change as in ioos_qc: whole seconds, and good where there is nothing to compare with.

Samples within the same second are compared as if they were one second apart.
"""

import numpy as np

from streams.quality import (
    LONGEST,
    MISSING,
    SECOND,
    Columns,
    Flags,
    Params,
    QualityTest,
    graded,
    micros,
)


class RateOfChange(Params):
    """In the property's unit per second."""

    threshold: float
    fail_threshold: float | None = None


def _check(columns: Columns, params: RateOfChange) -> Flags:
    t, x = columns.time, columns.value
    rate = np.zeros(len(x))
    if len(x):
        rate[1:] = np.abs(np.diff(x)) / np.maximum(np.diff(t) // SECOND, 1)
    flags = graded(np.nan_to_num(rate), params.threshold, params.fail_threshold)
    flags[np.isnan(x)] = MISSING
    return flags


RATE_OF_CHANGE = QualityTest(
    "rate_of_change", RateOfChange, _check, look_back=lambda _: micros(LONGEST)
)
