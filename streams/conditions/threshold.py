"""Threshold: a value that can be trusted is where somebody must be told, at up to four levels.

The levels are those of a vigilance: green is none, and a level is left only where the value is
``hysteresis`` off its threshold again.
"""

from collections.abc import Callable, Sequence
from typing import Literal

import numpy as np
from pydantic import Field, model_validator

from streams.conditions import MOST, Condition, ConditionKind, Evidence, Levels
from streams.conditions.episodes import episodes
from streams.quality import GOOD, UNKNOWN, Instants, Params, micros

_LONGEST = 6 * 3600.0
"""Seconds: a level that must last longer would be told too late."""


class Threshold(Params):
    """``levels``: one to four thresholds in the property's unit, the mildest first, reached from
    the ``side``. A level is reached when it was for ``duration`` seconds, and left when it was
    for ``calm``; ``hysteresis`` is in the property's unit."""

    levels: tuple[float, ...] = Field(min_length=1, max_length=MOST)
    side: Literal["above", "below"] = "above"
    hysteresis: float = Field(0, ge=0)
    duration: float = Field(0, ge=0, le=_LONGEST)
    calm: float = Field(0, ge=0, le=_LONGEST)

    @model_validator(mode="after")
    def _ordered(self) -> "Threshold":
        graver = [
            b > a if self.side == "above" else b < a
            for a, b in zip(self.levels, self.levels[1:], strict=False)
        ]
        if not all(graver):
            raise ValueError("threshold: levels go from the mildest to the gravest")
        return self


def _find(evidence: Evidence, params: Threshold, said: Sequence[Condition]) -> list[Condition]:
    of = evidence.samples
    usable = (of.flag == GOOD) | (of.flag == UNKNOWN)
    at, value = of.at[usable], of.value[usable]
    sign = 1.0 if params.side == "above" else -1.0
    bounds = sign * np.array(params.levels)
    reached = np.searchsorted(bounds, sign * value, side="right")
    stays = np.searchsorted(bounds - params.hysteresis, sign * value, side="right")
    levels = (
        _lasting(at, reached, micros(params.duration), evidence.day, min, 0),
        _lasting(at, stays, micros(params.calm), evidence.day, max, MOST),
    )

    def reason(i: int, level: int) -> str:
        bound = f"{params.side} {params.levels[level - 1]:g} {of.unit}"
        return f"{of.name} {value[i]:g} {of.unit}: level {level} is {bound}"

    return episodes("threshold", evidence, said, at, levels, reason)


def _lasting(
    at: Instants,
    levels: Levels,
    duration: int,
    day: int,
    worst: Callable[[list[int]], int],
    otherwise: int,
) -> Levels:
    """The level that held for a duration up to each sample; ``otherwise`` where none did."""
    if not duration:
        return levels
    first = np.searchsorted(at, at - duration, side="right") - 1
    seen = (first >= 0) & (at[first] > at - day)
    found = levels.tolist()
    spans = zip(seen.tolist(), first.tolist(), strict=True)
    return np.array(
        [worst(found[j : i + 1]) if ok else otherwise for i, (ok, j) in enumerate(spans)], np.int64
    )


def _idle(evidence: Evidence, params: Threshold) -> bool:
    """No value is missing, none so much as at the mildest level."""
    value, mildest = evidence.samples.value, params.levels[0]
    if not len(value):
        return True
    return bool(value.max() < mildest if params.side == "above" else value.min() > mildest)


THRESHOLD = ConditionKind("threshold", Threshold, _find, judged=True, usual=False, idle=_idle)
