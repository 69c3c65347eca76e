"""The series of one device, judged together: one may need another's values.

A calibration takes what is usable of another series (a humidity for a particle count); a test
compares with another's values at the same instant (LA90 is not above LA10).
"""

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from functools import partial
from graphlib import CycleError, TopologicalSorter

import numpy as np

from streams.applicable import Key
from streams.chain import Track
from streams.errors import Skip
from streams.judge import Judged, Peers, Siblings, Valued, alone, flagged, valued
from streams.plan import DevicePlan, SeriesPlan
from streams.quality import GOOD, UNKNOWN, Instants
from streams.samples import Rows
from streams.trace import Trace

Plans = Mapping[Key, SeriesPlan]
_Node = tuple[str, Key]


def nobody(_key: Key) -> Peers:
    """What is at hand of other devices where one is looked at alone."""
    return alone


def usable(plan: DevicePlan, keys: Iterable[Key]) -> dict[Key, SeriesPlan]:
    """The plans of those series for which there is one, and whose values need not themselves."""
    plans: dict[Key, SeriesPlan] = {}
    for key in keys:
        with suppress(Skip):
            plans[key] = plan.series(key)
    vicious = circular(plans)
    return {key: found for key, found in plans.items() if key not in vicious}


def circular(plans: Plans) -> frozenset[Key]:
    """The series whose values would depend on themselves.

    A calibration needs the flags of what it takes, a test only the values of what it looks at: so
    without such a calibration there is no circle, and nearly no device has one.
    """
    if not any(plan.corrected_by for plan in plans.values()):
        return frozenset()
    asks: dict[_Node, set[_Node]] = {}
    for key, plan in plans.items():
        asks["value", key] = {("flag", k) for k in _all(plans, key, plan.corrected_by)}
        asks["flag", key] = {("value", k) for k in _all(plans, key, plan.compared_with)}
        asks["flag", key].add(("value", key))
    found: set[Key] = set()
    while True:
        try:
            TopologicalSorter(asks).prepare()
        except CycleError as e:
            found |= {key for _, key in e.args[1]}
            left = {node: needs for node, needs in asks.items() if node[1] not in found}
            asks = {n: {m for m in needs if m[1] not in found} for n, needs in left.items()}
        else:
            return frozenset(found)


def _all(plans: Plans, key: Key, names: Iterable[str]) -> set[Key]:
    return {found for name in names if (found := beside(plans, key, name))}


def beside(plans: Plans, key: Key, name: str) -> Key | None:
    """Which series of a device stands for a property: that of the same channel, else of none."""
    return next((k for k in ((name, key[1]), (name, "")) if k in plans), None)


class Together:
    """The series of one device, each judged once, whichever is asked first.

    ``plans`` are :func:`usable` ones; ``rows`` holds the samples of each. What the judgement met
    is written into ``traces``, for those series that are named there. ``peers`` gives for a series
    what other devices near by say of it; without it there are none. ``time`` is by series where the
    rows lie in the line of time, where that is not when they were measured: those of a panel.
    """

    def __init__(
        self,
        rows: Mapping[Key, Rows],
        plans: Plans,
        traces: Mapping[Key, Trace] | None = None,
        peers: Callable[[Key], Peers] = nobody,
        time: Mapping[Key, Instants] | None = None,
    ) -> None:
        self._rows, self._plans, self._traces = rows, plans, traces or {}
        self._peers, self._time = peers, time or {}
        self._valued: dict[Key, Valued] = {}
        self._judged: dict[Key, Judged] = {}

    def judged(self, key: Key) -> Judged:
        """A series with its flags and windows."""
        if key not in self._judged:
            others, trace = self._siblings(key), self._traces.get(key)
            self._judged[key] = flagged(self._value(key), self._plans[key], others, trace)
        return self._judged[key]

    def _value(self, key: Key) -> Valued:
        if key not in self._valued:
            given = self._rows[key], self._plans[key], self._siblings(key)
            self._valued[key] = valued(*given, self._traces.get(key), self._time.get(key))
        return self._valued[key]

    def _siblings(self, key: Key) -> Siblings:
        return Siblings(partial(self._values, key), partial(self.usable, key), self._peers(key))

    def _values(self, key: Key, name: str) -> Track | None:
        other = beside(self._plans, key, name)
        if other is None:
            return None
        found = self._value(other)
        return found.time, found.value

    def usable(self, key: Key, name: str) -> Track | None:
        """What a calibration of a series takes of another property: values flagged otherwise are
        NaN. None where the device has no such series."""
        other = beside(self._plans, key, name)
        if other is None:
            return None
        found = self.judged(other)
        counts = (found.flag == GOOD) | (found.flag == UNKNOWN)
        return found.time, np.where(counts, found.value, np.nan)
