"""How far estimates lie from a reference, and units of one make from each other.

Definitions as in the reports of the U.S. Environmental Protection Agency on performance testing of
air sensors (EPA/600/R-20/280 for PM2.5, EPA/600/R-20/279 for ozone).
"""

from dataclasses import dataclass

import numpy as np

from streams.fit import Floats


@dataclass(frozen=True)
class Agreement:
    """Of ``n`` pairs, errors being estimate − reference in the unit of both.

    ``mbe`` is the mean error (bias) and ``mae`` the mean absolute one; ``nrmse`` and
    ``relative_bias`` are percent of the mean of the reference, None where that is 0; ``r2`` is the
    squared correlation, None where one side is constant.
    """

    n: int
    mean_reference: float
    mbe: float
    relative_bias: float | None
    mae: float
    rmse: float
    nrmse: float | None
    r2: float | None


def agreement(estimate: Floats, reference: Floats) -> Agreement:
    """Compare two columns of one length, at least one row, without NaN."""
    error = estimate - reference
    mean = float(reference.mean())
    rmse = float(np.sqrt((error * error).mean()))
    mbe = float(error.mean())
    return Agreement(
        n=len(error),
        mean_reference=mean,
        mbe=mbe,
        relative_bias=100.0 * mbe / mean if mean else None,
        mae=float(np.abs(error).mean()),
        rmse=rmse,
        nrmse=100.0 * rmse / mean if mean else None,
        r2=_r2(estimate, reference),
    )


def _r2(x: Floats, y: Floats) -> float | None:
    if x.min() == x.max() or y.min() == y.max():
        return None
    dx, dy = x - x.mean(), y - y.mean()
    total = (dx @ dx) * (dy @ dy)
    return min(1.0, float((dx @ dy) ** 2 / total)) if total > 0.0 else None


@dataclass(frozen=True)
class Precision:
    """Of units side by side: ``intervals`` in which all were valid, ``sd`` in their unit,
    ``cv`` in percent of their mean, None where that is 0."""

    units: int
    intervals: int
    sd: float
    cv: float | None


def precision(values: Floats) -> Precision | None:
    """Spread between units; a row an interval, a column a unit, NaN where a unit was not valid.

    sd² = Σ(x − mean of the interval)² / (N·M − 1), over the N intervals in which all M units were
    valid. None with fewer than two units or without such an interval.
    """
    valid = values[~np.isnan(values).any(axis=1)]
    if values.shape[1] < 2 or not len(valid):
        return None
    deviation = valid - valid.mean(axis=1, keepdims=True)
    sd = float(np.sqrt((deviation * deviation).sum() / (valid.size - 1)))
    mean = float(valid.mean())
    return Precision(values.shape[1], len(valid), sd, 100.0 * sd / mean if mean else None)
