"""Quiet: one quantity does not come any more, while the device goes on talking.

It opens with the first frame that comes three nominal periods after the last value, and closes
with the next value.
"""

from collections.abc import Sequence

import numpy as np
from pydantic import Field

from streams.conditions import Condition, ConditionKind, Evidence, Levels, last_frame, utc
from streams.conditions.episodes import episodes
from streams.quality import LONGEST, SECOND, Instants, Params

_LEVEL = 2


class Quiet(Params):
    """``periods`` nominal periods may pass without a value, and at least ``least`` seconds; never
    more than half of what workers keep (a day)."""

    periods: float = Field(3, ge=1, le=1000)
    least: float = Field(900, ge=60, le=LONGEST)


def _find(evidence: Evidence, params: Quiet, said: Sequence[Condition]) -> list[Condition]:
    of = evidence.samples
    values = of.values
    at = np.unique(np.concatenate([evidence.frames["at"], values]))
    at = at[at >= evidence.since]
    wait = _patience(evidence, params, at)
    last = np.append(np.int64(of.first), values)[np.searchsorted(values, at, side="right")]
    level: Levels = np.where(at - last >= wait, _LEVEL, 0)

    def reason(i: int, _: int) -> str:
        ago = int(at[i] - last[i])
        since = f"since {utc(int(last[i]))}" if ago <= evidence.day else "for more than a day"
        period = evidence.period(int(at[i]))
        return f"no {of.name} {since} while frames come; expected every {period:g} s"

    return episodes("quiet", evidence, said, at, (level, level), reason)


def _idle(evidence: Evidence, params: Quiet) -> bool:
    """Values come so often, from the first one on, that no frame is far from the last of them."""
    if (rhythm := evidence.samples.rhythm) is None:
        return False
    first, last, widest = rhythm
    wait = min(evidence.shortest(params.periods, params.least), evidence.day)
    often = widest < wait and evidence.once(last_frame) - last < wait
    return often and first <= max(evidence.begin, evidence.samples.first)


def _patience(evidence: Evidence, params: Quiet, at: Instants) -> Instants:
    period = np.empty(len(at))
    for since, until, seconds in evidence.periods:
        period[(at >= since) & (at < until)] = seconds
    wait = np.maximum(params.periods * period, params.least) * SECOND
    found: Instants = np.minimum(np.rint(wait), evidence.day).astype(np.int64)
    return found


QUIET = ConditionKind("quiet", Quiet, _find, idle=_idle)
