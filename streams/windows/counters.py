"""Counters: what they grew by between two usable readings of one window.

A reading that is lower than the one before it is past the highest number where that is known and
both lie near it (as the test "counter index" has it); else the counter began again at nought, and
has grown by what it reads.
"""

import numpy as np
from numpy.typing import NDArray

from streams.quality import Floats
from streams.quality.counter_index import rolled_over
from streams.windows.line import Line
from streams.windows.slots import Column, Slots

Steps = tuple[Floats, NDArray[np.bool_], NDArray[np.bool_]]
"""From each usable reading to the next: the growth, whether it began again, whether it rolled
over."""


def steps(line: Line) -> Steps:
    """All of them, those across windows too."""
    before, x, modulus = line.x[:-1], line.x[1:], line.modulus[line.usable][1:]
    rise = x - before
    over = rolled_over(before, x, modulus)
    again = (rise < 0) & ~over
    growth = np.where(over, rise + modulus, np.where(again, np.maximum(x, 0.0), rise))
    return growth, again, over


def increase(slots: Slots, of: Steps) -> dict[str, Column]:
    """Those with both readings in one window."""
    growth, again, over = of
    here = slots.usable[1:] == slots.usable[:-1]
    where, size = slots.usable[1:], len(slots.start)
    return {
        "increase": slots.sums(where[here], growth[here]),
        "resets": np.bincount(where[here & again], minlength=size),
        "rollovers": np.bincount(where[here & over], minlength=size),
    }
