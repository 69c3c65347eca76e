"""Straight lines between knots: a table of pairs, as laboratories hand it over.

Outside the knots the line of the nearest pair goes on, and the value is flagged.
"""

from itertools import pairwise
from typing import Annotated

import numpy as np
from pydantic import Field, field_validator

from streams.calibration import CalibrationKind, Flags, Floats, Params, beyond, flagged

MOST = 1000


class PiecewiseLinear(Params):
    """``knots`` are pairs (x, y), x strictly increasing; x in the unit of what goes in, y in that
    of the result."""

    knots: Annotated[tuple[tuple[float, float], ...], Field(min_length=2, max_length=MOST)]

    @field_validator("knots")
    @classmethod
    def _increasing(cls, knots: tuple[tuple[float, float], ...]) -> tuple[tuple[float, float], ...]:
        for (x, _), (following, _) in pairwise(knots):
            if following <= x:
                raise ValueError(f"x must increase from knot to knot: {following:g} follows {x:g}")
        return knots


def _apply(x: Floats, params: PiecewiseLinear) -> Floats:
    at, y = np.array(params.knots).T
    slope = np.diff(y) / np.diff(at)
    i = np.clip(np.searchsorted(at, x, side="right") - 1, 0, len(slope) - 1)
    line: Floats = y[i] + slope[i] * (x - at[i])
    return line


def _flags(x: Floats, params: PiecewiseLinear) -> Flags:
    return flagged(beyond(x, params.knots[0][0], params.knots[-1][0], margin=0.0))


PIECEWISE_LINEAR = CalibrationKind("piecewise_linear", PiecewiseLinear, _apply, flags=_flags)
