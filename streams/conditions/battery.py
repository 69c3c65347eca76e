"""Battery: it is at its end (level 2), or falls so fast that it will be soon (level 1).

The forecast is the least-squares line through the usable values of eighteen hours, drawn at the
first value of every six hours, and holds until the next one. It counts where it explains most of
what the values do: a cold night is no empty battery.
"""

import math
from collections.abc import Sequence
from itertools import zip_longest

import numpy as np
from pydantic import Field

from streams.conditions import HOUR, Condition, ConditionKind, Evidence, Levels
from streams.conditions.episodes import episodes, recent
from streams.quality import GOOD, SECOND, UNKNOWN, Floats, Instants, Params

_SLOT = 6 * HOUR
_DAY = 86_400.0
_FEWEST = 8


class Battery(Params):
    """``cutoff`` in the property's unit; it opens below, and closes ``hysteresis`` above.

    ``days``: how far ahead a forecast is told; ``explained``: the share of the variance that its
    line must explain (R²).
    """

    cutoff: float
    hysteresis: float = Field(0, ge=0)
    days: float = Field(30, gt=0, le=3650)
    explained: float = Field(0.8, ge=0, le=1)


def _find(evidence: Evidence, params: Battery, said: Sequence[Condition]) -> list[Condition]:
    of = evidence.samples
    usable = (of.flag == GOOD) | (of.flag == UNKNOWN)
    at, value = of.at[usable], of.value[usable]
    ahead = _forecasts(evidence, params, at, value)
    soon = ahead <= params.days
    reached: Levels = np.where(value < params.cutoff, 2, np.where(soon, 1, 0))
    stays: Levels = np.where(value < params.cutoff + params.hysteresis, 2, reached)

    def reason(i: int, level: int) -> str:
        is_ = f"{of.name} is {value[i]:g} {of.unit}"
        if level > 1:
            return f"{is_}, under {params.cutoff:g} {of.unit}"
        return f"{is_} and falls: {params.cutoff:g} {of.unit} in {ahead[i]:.0f} days"

    return episodes("battery", evidence, said, at, (reached, stays), reason)


def _forecasts(evidence: Evidence, params: Battery, at: Instants, value: Floats) -> Floats:
    """At each sample the days until the cutoff, infinite where it does not fall."""
    ahead = np.full(len(at), math.inf)
    slots = np.flatnonzero(np.append([True], np.diff(at // _SLOT) > 0)[: len(at)])
    back = _back(evidence)
    first = recent(at, back)
    for i, end in zip_longest(slots.tolist(), slots[1:].tolist()):
        if at[i] >= evidence.begin - _SLOT:
            line = slice(first[i], i + 1)
            ahead[i:end] = _days(at[line], value[line], params, back)
    return ahead


def _days(at: Instants, value: Floats, params: Battery, back: int) -> float:
    if len(at) < _FEWEST or at[-1] - at[0] < back // 2:
        return math.inf
    t, x = (at - at[-1]) / (SECOND * _DAY), value - value[-1]
    n = len(t)
    mean_t, mean_x = _sum(t) / n, _sum(x) / n
    stt, sxx = _sum((t - mean_t) ** 2), _sum((x - mean_x) ** 2)
    stx = _sum((t - mean_t) * (x - mean_x))
    if stx >= 0 or stx * stx < params.explained * stt * sxx:
        return math.inf
    slope = stx / stt
    now = float(value[-1]) + mean_x - slope * mean_t
    return max(0.0, (params.cutoff - now) / slope)


def _sum(values: Floats) -> float:
    """Exact, then rounded once."""
    return math.fsum(values.tolist())


def _back(evidence: Evidence) -> int:
    """How far back a line is drawn, microseconds."""
    return max(evidence.day - _SLOT, 0)


def _idle(evidence: Evidence, params: Battery) -> bool:
    """None is missing nor below the cutoff, and all are the same or too near to draw a line."""
    at, value = evidence.samples.at, evidence.samples.value
    if not len(at):
        return True
    least = value.min()
    flat = at[-1] - at[0] < _back(evidence) // 2 or least == value.max()
    return bool(least >= params.cutoff and flat)


BATTERY = ConditionKind("battery", Battery, _find, judged=True, usual=False, idle=_idle)
