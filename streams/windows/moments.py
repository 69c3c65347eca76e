"""What every series has: how many samples of each flag, and of the usable values the sum, the sum
of squares, the extremes, the first and the last."""

import numpy as np

from streams.quality import FAIL, GOOD, MISSING, SUSPECT, UNKNOWN
from streams.windows.line import Line
from streams.windows.slots import NONE, Column, Slots

_FLAGS = {"good": GOOD, "unknown": UNKNOWN, "suspect": SUSPECT, "fail": FAIL, "missing": MISSING}
_PLACE = np.zeros(10, np.intp)
_PLACE[list(_FLAGS.values())] = np.arange(len(_FLAGS))


def counts(line: Line, slots: Slots) -> dict[str, Column]:
    """Samples by flag."""
    size = len(_FLAGS)
    cells = np.bincount(slots.where * size + _PLACE[line.flag], minlength=size * len(slots.start))
    table = cells.reshape(-1, size)
    return {name: table[:, i].copy() for i, name in enumerate(_FLAGS)}


def moments(line: Line, slots: Slots) -> dict[str, Column]:
    """Sums, extremes and ends; NaN and NONE where no value is usable."""
    size, where, x = len(slots.start), slots.usable, line.x
    new = np.flatnonzero(np.diff(where, prepend=-1))
    last = np.append(new[1:], len(x))[: len(new)] - 1
    filled = where[new]
    found: dict[str, Column] = {
        "total": slots.sums(where, x),
        "squares": slots.sums(where, x * x),
    }
    ends = {"first": x[new], "last": x[last]}
    if len(new):
        ends |= {"least": np.minimum.reduceat(x, new), "greatest": np.maximum.reduceat(x, new)}
    for name in ("least", "greatest", "first", "last"):
        column = np.full(size, np.nan)
        if len(new):
            column[filled] = ends[name]
        found[name] = column
    for name, place in (("first_at", new), ("last_at", last)):
        instants = np.full(size, NONE)
        instants[filled] = line.measured_at[place]
        found[name] = instants
    return found
