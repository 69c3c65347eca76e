"""Levels in decibels: they add up as energies, and short ones are counted by tenths of a dB.

A level L of a time τ adds 10^(L/10)·τ (ISO 1996-1:2016, 3.6.1, equivalent continuous sound
pressure level). LN, exceeded in N % of the time, cannot be made of those of shorter times, but of
how often each level occurs (IEC 61672-1 asks for a resolution of 0.1 dB).

The power is libm's, one value at a time: a vectorised one depends on the processor.
"""

import numpy as np

from streams.quality import Floats
from streams.windows.line import Line
from streams.windows.slots import Column, Slots

SHORT = 1.0
"""Seconds: of longer times the levels are averages, and their distribution tells no LN."""

_BELS_MAX = 300.0
"""No sound is louder, and the power of what is above overflows."""

_TENTHS_MAX = 32_767
"""What a column of sixteen bits holds."""


def energies(x: Floats) -> Floats:
    """10^(x/10) of each level."""
    bels = np.minimum(x / 10.0, _BELS_MAX)
    return np.array([10.0**bel for bel in bels.tolist()], np.float64)


def energy(line: Line, slots: Slots, powers: Floats) -> dict[str, Column]:
    """Energy and the seconds that it came in; ``powers`` are those of the usable levels."""
    return {
        "energy": slots.sums(slots.usable, powers * line.stands),
        "exposure": slots.sums(slots.usable, line.stands),
    }


def histogram(line: Line, slots: Slots) -> dict[str, Column]:
    """How often each tenth of a dB occurs among the short ones, halves rounded upwards."""
    short = line.stands <= SHORT
    tenths = np.floor(line.x[short] * 10.0 + 0.5).clip(-_TENTHS_MAX, _TENTHS_MAX)
    return {"levels": slots.entries(slots.usable[short], tenths, np.ones(len(tenths)))}
