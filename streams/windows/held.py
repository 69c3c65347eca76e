"""What lasts until the next sample: means weighted by time, and the time spent in each state.

A mean of samples that come in bursts is that of the bursts; a value times the time that it held is
not. It holds until the next usable one, if that comes within two and a half nominal periods.
"""

import numpy as np

from streams.quality import SECOND
from streams.windows.line import Line
from streams.windows.slots import Column, Entries, Slots


def held(line: Line, slots: Slots) -> dict[str, Column]:
    """Seconds held, and the sum of each value times its seconds. Whole microseconds are added, so
    the seconds are exact."""
    pieces = slots.pieces
    return {
        "held": slots.sums(slots.held, pieces.micros.astype(np.float64)) / SECOND,
        "area": slots.sums(slots.held, line.x[pieces.of] * (pieces.micros / SECOND)),
    }


def states(line: Line, slots: Slots) -> dict[str, Column]:
    """Seconds in each state; what is no whole number counts as the nearest."""
    state = np.floor(line.x[slots.pieces.of] + 0.5)
    found = slots.entries(slots.held, state, slots.pieces.micros.astype(np.float64))
    return {"states": Entries(found.first, found.key, found.number / SECOND)}
