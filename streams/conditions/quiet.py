"""Quiet: one quantity does not come any more, while the device goes on talking.

It opens with the first frame that comes three nominal periods after the last value, and closes
with the next value.
"""

from collections.abc import Sequence

import numpy as np
from pydantic import Field

from streams.conditions import Condition, ConditionKind, Evidence, Levels, episodes, utc
from streams.quality import LONGEST, SECOND, Instants, Params

_LEVEL = 2


class Quiet(Params):
    """``periods`` nominal periods may pass without a value, and at least ``least`` seconds; never
    more than half of what workers keep (a day)."""

    periods: float = Field(3, ge=1, le=1000)
    least: float = Field(900, ge=60, le=LONGEST)


def _find(evidence: Evidence, params: Quiet, said: Sequence[Condition]) -> list[Condition]:
    of = evidence.samples
    values: Instants = of.at[~np.isnan(of.value)]
    if not said and _never(evidence, params, values):
        return []
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


def _never(evidence: Evidence, params: Quiet, values: Instants) -> bool:
    """Whether values come so often that nothing else need be looked at."""
    if not len(values) or values[0] > max(evidence.begin, evidence.samples.first):
        return False
    apart = np.diff(np.append(values, evidence.frames["at"][-1:])).max(initial=0)
    return bool(apart < min(evidence.shortest(params.periods, params.least), evidence.day))


def _patience(evidence: Evidence, params: Quiet, at: Instants) -> Instants:
    period = np.empty(len(at))
    for since, until, seconds in evidence.periods:
        period[(at >= since) & (at < until)] = seconds
    wait = np.maximum(params.periods * period, params.least) * SECOND
    found: Instants = np.minimum(np.rint(wait), evidence.day).astype(np.int64)
    return found


QUIET = ConditionKind("quiet", Quiet, _find)
