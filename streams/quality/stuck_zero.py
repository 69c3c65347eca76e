"""Stuck zero: a counter that counts nothing where something should pass.

Zeros in a row are as likely as exp(-λ), where λ is how many were expected in all of them: counts
of an interval are Poisson distributed about what is usual for the hour and the weekday. A night
without bicycles says nothing, a Monday morning does.
"""

import math

import numpy as np
from pydantic import Field, field_validator, model_validator

from streams.civil import PARTS, Instants, wall
from streams.quality import (
    FAIL,
    GOOD,
    LONGEST,
    MISSING,
    SUSPECT,
    Columns,
    Flags,
    Floats,
    Numbers,
    Params,
    QualityTest,
    micros,
)

_MICRO = 1_000_000
_WEEK = 7 * 86_400.0


class StuckZero(Params):
    """``profile``: seven days from Monday, each 24 hours, of counts expected in one sample.

    ``suspect`` and ``fail`` are probabilities. Samples further back than ``window`` seconds do
    not count, and a silence of more than ``max_gap`` seconds ends a row of zeros. Hours are those
    of the time ``zone``.
    """

    profile: tuple[tuple[float, ...], ...] = Field(min_length=7, max_length=7)
    suspect: float = Field(1e-4, gt=0, lt=1)
    fail: float = Field(1e-6, gt=0, lt=1)
    max_gap: float = Field(gt=0, le=LONGEST)
    window: float = Field(_WEEK, gt=0, le=LONGEST)
    zone: str = "Europe/Paris"

    @field_validator("profile")
    @classmethod
    def _week(cls, profile: tuple[tuple[float, ...], ...]) -> tuple[tuple[float, ...], ...]:
        if any(len(day) != 24 or not all(0 <= x <= 1e6 for x in day) for day in profile):
            raise ValueError("profile: seven lists of 24 counts, from 0 to 1,000,000")
        return profile

    @model_validator(mode="after")
    def _ordered(self) -> "StuckZero":
        if self.fail > self.suspect:
            raise ValueError("stuck_zero: fail must not be likelier than suspect")
        return self


def window(params: StuckZero) -> int:
    """Microseconds."""
    return micros(params.window)


def _expected(time: Instants, params: StuckZero) -> Instants:
    """Counts expected in each sample, in whole millionths: their sums are exact."""
    local = wall(time, params.zone)
    profile = np.rint(np.array(params.profile) * _MICRO).astype(np.int64)
    found: Instants = profile[PARTS["dayofweek"](local), PARTS["hour"](local)]
    return found


def _row_starts(columns: Columns, params: StuckZero) -> Instants:
    """Index of the first sample of the row of zeros that ends at each, missing ones passed over."""
    t, x = columns.time, columns.value
    here = np.arange(len(t))
    other = np.where((x != 0) & ~np.isnan(x), here + 1, 0)
    apart = np.append([False], np.diff(t) > micros(params.max_gap))
    broken = np.maximum.accumulate(np.maximum(other, np.where(apart, here, 0)))
    return np.maximum(broken, np.searchsorted(t, t - window(params), side="right"))


def _expected_in_row(columns: Columns, params: StuckZero) -> Floats:
    """Counts expected in all of the row of zeros that ends at each sample."""
    total = np.cumsum(np.where(columns.value == 0, _expected(columns.at, params), 0))
    first = _row_starts(columns, params)
    before = np.where(first > 0, total[np.maximum(first - 1, 0)], 0)
    return np.asarray((total - before) / _MICRO)


def _check(columns: Columns, params: StuckZero) -> Flags:
    x = columns.value
    flags = np.full(len(x), GOOD, np.uint8)
    if len(x):
        zero, unlikely = x == 0, _expected_in_row(columns, params)
        flags[zero & (unlikely > -math.log(params.suspect))] = SUSPECT
        flags[zero & (unlikely > -math.log(params.fail))] = FAIL
    flags[np.isnan(x)] = MISSING
    return flags


def _explain(columns: Columns, params: StuckZero, i: int) -> Numbers:
    if columns.value[i] != 0:
        return {"expected": None, "likelihood": None}
    expected = float(_expected_in_row(columns, params)[i])
    return {"expected": expected, "likelihood": math.exp(-expected)}


STUCK_ZERO = QualityTest("stuck_zero", StuckZero, _check, look_back=window, explain=_explain)
