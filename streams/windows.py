"""Windows of a quarter of an hour: sufficient statistics, so that anything coarser is exact.

Sums are added one after the other in time order (``bincount`` does; numpy's ``sum`` adds in
pairs), so that live and batch give the same bits. A level L of a time τ adds 10^(L/10)·τ
(ISO 1996-1, equivalent continuous sound pressure level); the power is libm's, one value at a
time, because a vectorised one depends on the processor.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from streams.quality import FAIL, GOOD, MISSING, SECOND, SUSPECT, UNKNOWN, Flags, Floats, Instants

DURATION = 900
"""Seconds."""

WINDOW = np.dtype(
    [
        ("at", "<i8"),
        ("good", "<i8"),
        ("unknown", "<i8"),
        ("suspect", "<i8"),
        ("fail", "<i8"),
        ("missing", "<i8"),
        ("total", "<f8"),
        ("squares", "<f8"),
        ("least", "<f8"),
        ("greatest", "<f8"),
        ("first", "<f8"),
        ("last", "<f8"),
        ("energy", "<f8"),
        ("exposure", "<f8"),
        ("config", "<i8"),
    ]
)
"""``at`` is the start, UTC microseconds; least to last are NaN where no value is usable."""

_BELS_MAX = 300.0
"""No sound is louder, and the power of what is above overflows."""

_COUNTS = {"good": GOOD, "unknown": UNKNOWN, "suspect": SUSPECT, "fail": FAIL, "missing": MISSING}


def window_starts(time: Instants) -> Instants:
    """The start of the window that holds each instant, aligned to UTC."""
    return time - time % (DURATION * SECOND)


def windows(time: Instants, value: Floats, flag: Flags, exposure: Floats | None) -> NDArray[Any]:
    """The windows of one series in time order.

    Statistics are over the values with flag 1 or 2; ``exposure`` is the time in seconds that each
    level stands for, None for what is no level. ``config`` is left 0.
    """
    starts, index = np.unique(window_starts(time), return_inverse=True)
    out = np.zeros(len(starts), WINDOW)
    out["at"] = starts
    for name, code in _COUNTS.items():
        out[name] = np.bincount(index[flag == code], minlength=len(starts))
    usable = (flag == GOOD) | (flag == UNKNOWN)
    where, x = index[usable], value[usable]
    out["total"] = np.bincount(where, x, len(starts))
    out["squares"] = np.bincount(where, x * x, len(starts))
    for name, ufunc in (("least", np.fmin), ("greatest", np.fmax)):
        extreme = np.full(len(starts), np.nan)
        ufunc.at(extreme, where, x)
        out[name] = extreme
    out["first"] = out["last"] = np.nan
    out["first"][where[::-1]] = x[::-1]
    out["last"][where] = x
    if exposure is not None:
        energy = np.array([10.0 ** min(bel, _BELS_MAX) for bel in (x / 10.0).tolist()], np.float64)
        stands = exposure[usable]
        out["energy"] = np.bincount(where, energy * stands, len(starts))
        out["exposure"] = np.bincount(where, stands, len(starts))
    return out
