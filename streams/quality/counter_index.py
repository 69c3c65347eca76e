"""Counter index: a meter that runs backwards, starts again or counts more than it can.

An index is compared with the last one that is known, within ``max_gap``:

- it rose by no more than ``q_max`` allows: good;
- it fell from the last tenth of ``modulus`` to the first: it rolled over, and rose by that;
- it fell by no more than ``q_min`` allows: backflow, suspect;
- it fell to what may have been counted since: the device started again, suspect;
- it fell otherwise, or rose faster: fail.

Source of the flows: ISO 4064-1, water meters: Q1 is the least and Q4 the most they measure.
"""

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from streams.quality import (
    FAIL,
    GOOD,
    LONGEST,
    MISSING,
    SECOND,
    SUSPECT,
    UNKNOWN,
    Columns,
    Flags,
    Floats,
    Params,
    QualityTest,
    micros,
)

_HOUR = 3600 * SECOND
_HIGH, _LOW = 0.9, 0.1


class CounterIndex(Params):
    """``q_max`` and ``q_min`` in the index's unit per hour, ``max_gap`` in seconds.

    ``modulus`` is where the index starts again from zero, in its unit; None if it never does.
    """

    q_max: float = Field(gt=0)
    q_min: float = Field(0.0, ge=0)
    modulus: float | None = Field(None, gt=0)
    max_gap: float = Field(gt=0, le=LONGEST)


def max_gap(params: CounterIndex) -> int:
    """Microseconds."""
    return micros(params.max_gap)


def _known_before(x: Floats) -> NDArray[np.intp]:
    """Index of the last value before each that is there, -1 where there is none."""
    here = np.where(np.isnan(x), -1, np.arange(len(x)))
    return np.append(np.array([-1], np.intp), np.maximum.accumulate(here)[:-1])


def _check(columns: Columns, params: CounterIndex) -> Flags:
    t, x = columns.time, columns.value
    flags = np.full(len(x), UNKNOWN, np.uint8)
    if len(x):
        before = _known_before(x)
        step = t - t[before]
        near = (before >= 0) & (step <= max_gap(params))
        flags[near] = _judged(x[before][near], x[near], step[near] / _HOUR, params)
    flags[np.isnan(x)] = MISSING
    return flags


def _judged(before: Floats, x: Floats, hours: Floats, params: CounterIndex) -> Flags:
    rise = x - before
    if params.modulus is not None:
        over = (before > _HIGH * params.modulus) & (x < _LOW * params.modulus)
        rise = np.where(over, rise + params.modulus, rise)
    most = params.q_max * hours
    fell = rise < 0
    flags = np.full(len(x), GOOD, np.uint8)
    flags[fell | (rise > most)] = FAIL
    flags[fell & (-rise <= params.q_min * hours)] = SUSPECT
    flags[fell & (x >= 0) & (x <= most)] = SUSPECT
    return flags


COUNTER_INDEX = QualityTest("counter_index", CounterIndex, _check, look_back=max_gap)
