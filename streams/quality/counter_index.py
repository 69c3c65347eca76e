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

from streams.duration import HOUR
from streams.quality import (
    FAIL,
    GOOD,
    LONGEST,
    MISSING,
    SUSPECT,
    UNKNOWN,
    Columns,
    Flags,
    Floats,
    Numbers,
    Params,
    QualityTest,
    micros,
    number,
)

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


def rolled_over(before: Floats, x: Floats, modulus: Floats | float) -> NDArray[np.bool_]:
    """Whether an index went past its highest number; nowhere where ``modulus`` is NaN."""
    return (before > _HIGH * modulus) & (x < _LOW * modulus)


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
        flags[near] = _judged(x[before][near], x[near], step[near] / HOUR, params)
    flags[np.isnan(x)] = MISSING
    return flags


def _rise(before: Floats, x: Floats, params: CounterIndex) -> Floats:
    """How much was counted, over the turn of the index too."""
    rise = x - before
    if params.modulus is not None:
        rise = np.where(rolled_over(before, x, params.modulus), rise + params.modulus, rise)
    return rise


def _judged(before: Floats, x: Floats, hours: Floats, params: CounterIndex) -> Flags:
    rise = _rise(before, x, params)
    most = params.q_max * hours
    fell = rise < 0
    flags = np.full(len(x), GOOD, np.uint8)
    flags[fell | (rise > most)] = FAIL
    flags[fell & (-rise <= params.q_min * hours)] = SUSPECT
    flags[fell & (x >= 0) & (x <= most)] = SUSPECT
    return flags


def _explain(columns: Columns, params: CounterIndex, i: int) -> Numbers:
    t, x = columns.time, columns.value
    last = int(_known_before(x)[i])
    step = int(t[i] - t[last])
    if last < 0 or step > max_gap(params):
        return {"value": number(x[i]), "before": None, "hours": None, "rise": None, "most": None}
    rise = _rise(x[last : last + 1], x[i : i + 1], params)[0]
    hours = step / HOUR
    known = {"value": number(x[i]), "before": number(x[last]), "hours": hours}
    return known | {"rise": number(rise), "most": params.q_max * hours}


COUNTER_INDEX = QualityTest(
    "counter_index", CounterIndex, _check, look_back=max_gap, explain=_explain
)
