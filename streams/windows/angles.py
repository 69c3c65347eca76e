"""Angles in degrees: they add up as unit vectors, 359° and 1° are 0° and not 180°.

The mean direction is atan2(sines, cosines), the length of the mean vector how much they agree
(WMO-No. 8, Guide to Instruments of Observation, volume I, 5.8.3: averaging of wind direction).
"""

import math

import numpy as np

from streams.quality import Floats
from streams.windows.slots import Column, Slots

_EXACT = {0.0: (0.0, 1.0), 90.0: (1.0, 0.0), 180.0: (0.0, -1.0), 270.0: (-1.0, 0.0)}
"""Multiples of a right angle, of which the sine of a rounded π gives not quite nought."""


def vector(degrees: float) -> tuple[float, float]:
    """Sine and cosine, by libm: a vectorised one depends on the processor."""
    turned = degrees % 360.0
    radians = math.radians(turned)
    return _EXACT.get(turned) or (math.sin(radians), math.cos(radians))


def vectors(x: Floats) -> tuple[Floats, Floats]:
    """Sines and cosines."""
    found = np.array([vector(degrees) for degrees in x.tolist()], np.float64).reshape(-1, 2)
    return found[:, 0], found[:, 1]


def direction(slots: Slots, of: tuple[Floats, Floats]) -> dict[str, Column]:
    """Sums of the sines and cosines of the usable angles."""
    sines, cosines = (slots.sums(slots.usable, column) for column in of)
    return {"sines": sines, "cosines": cosines}
