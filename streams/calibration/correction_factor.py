"""Automatic counts times the ratio of a manual count to them, for one site, direction and mode.

A ratio of a few passages says nothing: it needs 100 counted by hand, over two hours that include
the peak. With less the raw counts are published, and the parameters are refused.
"""

from typing import Literal

from pydantic import Field

from streams.calibration import CalibrationKind, Floats, Params

LEAST_PASSAGES = 100
LEAST_HOURS = 2.0


class CorrectionFactor(Params):
    """``factor`` is manual over automatic; ``passages`` were counted by hand in ``hours``, and
    ``peak`` says that the peak hour was among them."""

    factor: float = Field(gt=0)
    passages: int = Field(ge=LEAST_PASSAGES)
    hours: float = Field(ge=LEAST_HOURS)
    peak: Literal[True]


def _apply(x: Floats, params: CorrectionFactor) -> Floats:
    return x * params.factor


CORRECTION_FACTOR = CalibrationKind("correction_factor", CorrectionFactor, _apply, columnwise=True)
