"""What is declared about one device, resolved: which objects apply to a series, and when.

Dates cut time into segments; within one segment the same calibrations and the same profile apply.
"""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np

from streams.applicable import Applicable, Key, series_of
from streams.errors import Skip
from streams.inventory import Device, Property
from streams.quality import SECOND
from streams.reach import beyond, longest
from streams.registry import Registry
from streams.segment import TESTS, Segment, digest, segment
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
        tests = (test for s in self.segments for test in s.tests.items())
        return frozenset(n for name, params in tests for n in TESTS[name].inputs(params))

    @cached_property
    def hold(self) -> int:
        """How long a value holds at most, microseconds: within it before and after a sample lie
        the windows that it changes. 0 where values do not last."""
        if self.observed.kind not in HELD:
            return 0
        return int(hold(np.array([s.exposure for s in self.segments])).max(initial=0))

    @property
    def decimals(self) -> int:
        """Values are kept to a tenth of the property's resolution."""
        return max(0, -int(np.floor(np.log10(self.observed.resolution) + 1e-9)) + 1)

    @cached_property
    def starts(self) -> Any:
        """First instant of every segment, for a binary search."""
        return np.array([s.since for s in self.segments], np.int64)


@dataclass(frozen=True)
class DevicePlan:
    """The plans of a device's series, made when first asked for."""

    registry: Registry
    device: Device
    _made: dict[Key, SeriesPlan] = field(default_factory=dict, repr=False)
    _alone: dict[Key, SeriesPlan] = field(default_factory=dict, repr=False)

    def series(self, key: Key) -> SeriesPlan:
        """The plan of a series.

        Raises:
            Skip: the property is not in the vocabulary, or a declared object cannot be used.
        """
        if key not in self._made:
            plan = self._by_itself(key)
            looks = plan.corrected_by | plan.compared_with
            self._made[key] = replace(plan, beyond=self._beyond) if looks else plan
        return self._made[key]

    def reach(self, held: Iterable[Key] = ()) -> int:
        """How far before the horizon lie the samples that what is said within it may depend on.

        The longest look-back and look-ahead of the tests of the device's series, those declared
        and those ``held``, what other series add, the window that the horizon cuts, a value that
        holds into it, and one that a late sample cuts off; microseconds.
        """
        plans = {**self._declared, **self._usable(held)}
        window = max(DURATIONS) * SECOND + 2 * max((p.hold for p in plans.values()), default=0)
        return longest(plans) + self._beyond + window

    @cached_property
    def _beyond(self) -> int:
        return beyond(self._declared)

    @cached_property
    def _declared(self) -> Mapping[Key, SeriesPlan]:
        """The series that the device is declared to have, and what these take and look at."""
        found: dict[Key, SeriesPlan] = {}
        wanted = set(series_of(self.registry, self.device))
        while wanted:
            more = self._usable(wanted)
            named = {n for p in more.values() for n in p.corrected_by | p.compared_with}
            found |= more
            known = wanted | found.keys()
            wanted = {(name, "") for name in named} - known
        return found

    def _usable(self, keys: Iterable[Key]) -> dict[Key, SeriesPlan]:
        plans: dict[Key, SeriesPlan] = {}
        for key in keys:
            with suppress(Skip):
                plans[key] = self._by_itself(key)
        return plans

    def _by_itself(self, key: Key) -> SeriesPlan:
        """The plan of a series but for what it depends on through others."""
        if key not in self._alone:
            self._alone[key] = _series_plan(self.registry, self.device, key)
        return self._alone[key]


def version(plans: Mapping[Key, SeriesPlan]) -> int:
    """One number that changes when anything that applies to one of the series does."""
    return digest([[s.version, s.since] for p in plans.values() for s in p.segments])


def _series_plan(registry: Registry, device: Device, key: Key) -> SeriesPlan:
    prop: Property | None = registry.get("property", key[0])
    if prop is None:
        raise Skip(
            "unknown_property",
            f"property {key[0]!r} of {device.id} is not declared: add it to the vocabulary",
        )
    objects = Applicable.about(registry, device, key)
    segments = (segment(prop, device, objects, span) for span in pairwise(objects.cuts()))
    return SeriesPlan(prop, tuple(segments))
