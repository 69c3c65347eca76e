"""Samples of one series brought to the instants of another."""

import numpy as np

from streams.quality import Floats, Instants


def aligned(time: Instants, other: Instants, value: Floats, within: int) -> Floats:
    """For each instant of ``time`` the value of ``other`` that is nearest, at most ``within`` off.

    Instants are UTC microseconds in order, ``within`` is in microseconds. Of two as near the
    earlier is taken; missing values are passed over; NaN where nothing is near enough.
    """
    present = ~np.isnan(value)
    at, x = other[present], value[present]
    if not len(at):
        return np.full(len(time), np.nan)
    after = np.searchsorted(at, time, side="left")
    before = np.maximum(after - 1, 0)
    after = np.minimum(after, len(at) - 1)
    off_before, off_after = np.abs(time - at[before]), np.abs(at[after] - time)
    nearest = np.where(off_before <= off_after, before, after)
    return np.where(np.minimum(off_before, off_after) <= within, x[nearest], np.nan)
