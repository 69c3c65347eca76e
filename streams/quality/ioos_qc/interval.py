"""The sampling interval that ioos_qc reads off a series."""

import numpy as np

from streams.quality import SECOND, Instants


def interval(time: Instants) -> int:
    """Median of the steps, in whole seconds, rounded down; 0 for fewer than two samples."""
    return int(np.median(np.diff(time))) // SECOND if len(time) > 1 else 0
