"""Time gap as in ioos_qc: in hours, and the first sample has the flag of the second."""

import numpy as np

from streams.quality import (
    LONGEST,
    MISSING,
    SECOND,
    UNKNOWN,
    Columns,
    Flags,
    Params,
    QualityTest,
    graded,
    micros,
)


class TimeGap(Params):
    """Hours, of which whole seconds count."""

    fail_span: float = 2.0


def _check(columns: Columns, params: TimeGap) -> Flags:
    steps = np.diff(columns.time).astype(np.float64)
    later = graded(steps, None, int(params.fail_span * 3600) * SECOND)
    first = later[:1] if len(later) else np.full(min(1, len(columns.time)), UNKNOWN, np.uint8)
    flags = np.append(first, later)
    flags[np.isnan(columns.value)] = MISSING
    return flags


def _far(_params: TimeGap) -> int:
    return micros(LONGEST)


TIME_GAP = QualityTest("time_gap", TimeGap, _check, look_back=_far, look_ahead=_far)
