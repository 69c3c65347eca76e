"""Reset: the frame counter began again.

The device joined anew, or lost its memory: a battery that was changed, a restart. It is an event,
closed when it opens.
"""

from collections.abc import Sequence

import numpy as np

from streams.conditions import WHOLE, Condition, ConditionKind, Evidence
from streams.conditions.counters import Steps, left_out, steps
from streams.quality import Params


class Reset(Params):
    """Nothing to set."""


def _find(evidence: Evidence, _: Reset, __: Sequence[Condition]) -> list[Condition]:
    found = evidence.once(steps)
    here = np.flatnonzero(found.reset & (found.at >= evidence.begin))
    return [
        Condition("reset", WHOLE, t, t, ((t, 1, reason),))
        for t, reason in {int(found.at[i]): _reason(found, int(i)) for i in here}.items()
    ]


def _reason(found: Steps, i: int) -> str:
    how = "a new session" if found.joined[i] else "the frame counter began again"
    return f"{how}: {found.counter[i]} after {found.counter[i - 1]}"


def _idle(evidence: Evidence, _: Reset) -> bool:
    orderly = evidence.once(left_out) is not None
    return orderly or not np.count_nonzero(evidence.once(steps).reset)


RESET = ConditionKind("reset", Reset, _find, series=False, idle=_idle)
