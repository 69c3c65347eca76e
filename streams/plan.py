"""What is declared about one device, resolved: which objects apply to a series, and when.

Dates cut time into segments; within one segment the same calibrations and the same profile apply.
"""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from itertools import pairwise
from typing import Any

import numpy as np

from streams.applicable import Applicable, Key, series_of
from streams.asked import Asked, Known, Said, still
from streams.errors import Skip
from streams.inventory import Device, Property
from streams.quality import SECOND
from streams.reach import beyond, longest
from streams.registry import Registry
from streams.segment import Segment, digest, segment
from streams.windows import DURATIONS, HELD, hold


@dataclass(frozen=True)
class SeriesPlan:
    """How a series is judged. ``decimals`` are those of a tenth of the resolution.

    ``beyond`` is how much further than its own tests look, in microseconds, it may depend on
    samples of other series of the device.
    """

    observed: Property
    segments: tuple[Segment, ...]
    beyond: int = 0

    @cached_property
    def corrected_by(self) -> frozenset[str]:
        """The properties that its calibrations take."""
        return frozenset(n for s in self.segments for stage in s.stages for n in stage.siblings)

    @cached_property
    def compared_with(self) -> frozenset[str]:
        """The properties that its tests look at."""
        return frozenset[str]().union(*(s.tests.inputs for s in self.segments))

    @property
    def looks(self) -> frozenset[str]:
        """The properties that it takes or looks at."""
        return self.corrected_by | self.compared_with

    @cached_property
    def hold(self) -> int:
        """How long a value holds at most, microseconds: within it before and after a sample lie
        the windows that it changes. 0 where values do not last."""
        if self.observed.kind not in HELD:
            return 0
        return max(_hold(s.exposure) for s in self.segments)

    @property
    def decimals(self) -> int:
        """Values are kept to a tenth of the property's resolution."""
        return _decimals(self.observed.resolution)

    @cached_property
    def starts(self) -> Any:
        """First instant of every segment, for a binary search."""
        return np.array([s.since for s in self.segments], np.int64)


@cache
def _hold(exposure: float) -> int:
    return int(hold(np.array([exposure]))[0])


@cache
def _decimals(resolution: float) -> int:
    return max(0, -int(np.floor(np.log10(resolution) + 1e-9)) + 1)


@dataclass(slots=True)
class _Made:
    """What was made for a device so far, and the answers that all of it was made of.

    ``alone`` are the series that depend on others, without what they do through them; ``reach``
    and ``version`` what was asked last; ``mark`` stays while all of this does.
    """

    said: Said = field(default_factory=dict)
    series: dict[Key, SeriesPlan] = field(default_factory=dict)
    alone: dict[Key, SeriesPlan] = field(default_factory=dict)
    declared: Mapping[Key, SeriesPlan] | None = None
    reach: tuple[frozenset[Key], int] | None = None
    version: tuple[tuple[Key, ...], int] | None = None
    mark: object = field(default_factory=object)

    def copy(self) -> "_Made":
        """One that another plan may add to."""
        dicts = self.said.copy(), self.series.copy(), self.alone.copy()
        return _Made(*dicts, self.declared, self.reach, self.version, self.mark)


@dataclass(frozen=True, slots=True)
class DevicePlan:
    """The plans of a device's series, made when first asked for."""

    registry: Registry
    device: Device
    _made: _Made = field(default_factory=_Made, repr=False, compare=False)

    def under(self, registry: Registry) -> "DevicePlan":
        """The plan of the device under another snapshot: what was made stays where all that it
        was made of is still declared.

        Raises:
            Skip: the device is not declared there.
        """
        if registry is self.registry:
            return self
        device: Device | None = registry.get("device", self.device.id)
        if device is None:
            raise Skip("unknown_device", f"{self.device.id} is not declared in the inventory")
        if device is self.device and still(self._made.said, registry):
            return DevicePlan(registry, device, self._made.copy())
        return DevicePlan(registry, device)

    @property
    def mark(self) -> object:
        """The same object in the plans :meth:`under` other snapshots for as long as none of the
        answers that were made use of has changed: what was made of a plan may be kept by it."""
        return self._made.mark

    def series(self, key: Key) -> SeriesPlan:
        """The plan of a series.

        Raises:
            Skip: the property is not in the vocabulary, or a declared object cannot be used.
        """
        made = self._made.series
        if key not in made:
            plan = self._by_itself(key)
            if plan.looks:
                made[key] = replace(plan, beyond=beyond(self._declared()))
        return made[key]

    def version(self, keys: Iterable[Key]) -> int:
        """:func:`version` of these series, in their order."""
        wanted, last = tuple(keys), self._made.version
        if last is None or last[0] != wanted:
            last = wanted, version({key: self.series(key) for key in wanted})
            self._made.version = last
        return last[1]

    def reach(self, held: Iterable[Key] = ()) -> int:
        """How far before the horizon lie the samples that what is said within it may depend on.

        The longest look-back and look-ahead of the tests of the device's series, those declared
        and those ``held``, what other series add, the window that the horizon cuts, a value that
        holds into it, and one that a late sample cuts off; microseconds.
        """
        wanted, last = frozenset(held), self._made.reach
        if last is None or last[0] != wanted:
            declared = self._declared()
            plans = {**declared, **self._usable(wanted)}
            window = max(DURATIONS) * SECOND + 2 * max((p.hold for p in plans.values()), default=0)
            last = wanted, longest(plans) + beyond(declared) + window
            self._made.reach = last
        return last[1]

    def _declared(self) -> Mapping[Key, SeriesPlan]:
        """The series that the device is declared to have, and what these take and look at."""
        if self._made.declared is None:
            found: dict[Key, SeriesPlan] = {}
            wanted = set(series_of(self._asked(), self.device))
            while wanted:
                more = self._usable(wanted)
                named = {n for p in more.values() for n in p.looks}
                found |= more
                known = wanted | found.keys()
                wanted = {(name, "") for name in named} - known
            self._made.declared = found
        return self._made.declared

    def _usable(self, keys: Iterable[Key]) -> dict[Key, SeriesPlan]:
        plans: dict[Key, SeriesPlan] = {}
        for key in keys:
            with suppress(Skip):
                plans[key] = self._by_itself(key)
        return plans

    def _by_itself(self, key: Key) -> SeriesPlan:
        """The plan of a series but for what it depends on through others."""
        made = self._made
        found = made.alone.get(key) or made.series.get(key)
        if found is None:
            found = _series_plan(self._asked(), self.device, key)
            (made.alone if found.looks else made.series)[key] = found
        return found

    def _asked(self) -> Asked:
        return Asked(self.registry, self._made.said)


def version(plans: Mapping[Key, SeriesPlan]) -> int:
    """One number that changes when anything that applies to one of the series does."""
    said = (f"[{s.version}, {s.since}]" for plan in plans.values() for s in plan.segments)
    return digest(f"[{', '.join(said)}]")


def _series_plan(known: Known, device: Device, key: Key) -> SeriesPlan:
    prop: Property | None = known.ask(Registry.get, "property", key[0])
    if prop is None:
        raise Skip(
            "unknown_property",
            f"property {key[0]!r} of {device.id} is not declared: add it to the vocabulary",
        )
    objects = Applicable.about(known, device, key)
    segments = (segment(prop, device, objects, span) for span in pairwise(objects.cuts()))
    return SeriesPlan(prop, tuple(segments))
