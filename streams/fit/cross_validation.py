"""Cross-validation in blocks of whole days.

Minutes that follow one another are nearly one measurement: held out at random they would be
predicted from their neighbours, and every method would look good.
"""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from streams.duration import DAY
from streams.errors import Skip
from streams.fit import Columns, Estimator, Floats, Options
from streams.fit.agreement import Agreement, agreement

FOLDS = 5
"""Microseconds."""


@dataclass(frozen=True)
class CrossValidation:
    """Agreement of what was predicted for pairs that were held out; ``block`` is ``day`` or, where
    the time is not known, ``rows`` that follow one another."""

    folds: int
    block: str
    held_out: Agreement
    rmse_of_folds: tuple[float, ...]

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "folds": self.folds,
            "block": self.block,
            **asdict(self.held_out),
            "rmse_of_folds": list(self.rmse_of_folds),
        }


def cross_validate(
    estimator: Estimator,
    columns: Columns,
    y: Floats,
    options: Options,
    time: NDArray[np.int64] | None,
) -> CrossValidation | None:
    """Fit without each block in turn and predict it; ``time`` is UTC microseconds.

    None where there are fewer than two blocks, or too little is left to fit on.
    """
    block = blocks(len(y), time)
    folds = int(block.max()) + 1
    if folds < 2:
        return None
    predicted = np.empty(len(y))
    for fold in range(folds):
        held = block == fold
        try:
            fit = estimator.fit({n: c[~held] for n, c in columns.items()}, y[~held], options)
        except Skip:
            return None
        predicted[held] = fit.predict({n: c[held] for n, c in columns.items()})
    errors = (agreement(predicted[block == f], y[block == f]).rmse for f in range(folds))
    kind = "rows" if time is None else "day"
    return CrossValidation(folds, kind, agreement(predicted, y), tuple(errors))


def blocks(n: int, time: NDArray[np.int64] | None) -> NDArray[np.intp]:
    """The fold of each row: at most five, of days (UTC) or rows that follow one another."""
    if time is None:
        at, count = np.arange(n), n
    else:
        days, at = np.unique(time // DAY, return_inverse=True)
        count = len(days)
    folds = min(FOLDS, count)
    fold: NDArray[np.intp] = at * folds // count
    return fold
