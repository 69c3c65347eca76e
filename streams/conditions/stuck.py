"""Stuck: a sensor repeats itself, or a counter counts nothing where something should pass.

The quality tests flat_line and stuck_zero say so; it opens where one of them says bad, and closes
with the first value that they do not call so.
"""

from collections.abc import Sequence

import numpy as np

from streams.conditions import Condition, ConditionKind, Evidence, Levels
from streams.conditions.episodes import episodes
from streams.quality import FAIL, GOOD, SUSPECT, Params

_TESTS = "flat_line", "stuck_zero"
_LEVEL = 2


class Stuck(Params):
    """Nothing to set: the parameters are those of the tests."""


def _find(evidence: Evidence, _: Stuck, said: Sequence[Condition]) -> list[Condition]:
    of = evidence.samples
    tests = {name: of.tests[name] for name in _TESTS if name in of.tests}
    spoke, bad = np.zeros((2, len(of.at)), np.bool_)
    for flags in tests.values():
        spoke |= np.isin(flags, (GOOD, SUSPECT, FAIL))
        bad |= flags == FAIL
    at, level = of.at[spoke], np.where(bad[spoke], _LEVEL, 0).astype(np.int64)
    where = np.flatnonzero(spoke)
    levels: tuple[Levels, Levels] = level, level

    def reason(i: int, _: int) -> str:
        names = [name for name, flags in tests.items() if flags[where[i]] == FAIL]
        return f"{of.name} stands at {of.value[where[i]]:g} {of.unit}: {', '.join(names)}"

    return episodes("stuck", evidence, said, at, levels, reason)


def _idle(evidence: Evidence, _: Stuck) -> bool:
    tests = evidence.samples.tests
    return not sum([np.count_nonzero(tests[name] == FAIL) for name in _TESTS if name in tests])


STUCK = ConditionKind("stuck", Stuck, _find, judged=True, idle=_idle)
