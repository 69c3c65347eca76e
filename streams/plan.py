"""What is declared about one device, resolved: which objects apply to a series, and when.

Dates cut time into segments; within one segment the same calibrations and the same profile apply.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import blake2b
from itertools import pairwise
from typing import Any

import numpy as np
from pydantic import ValidationError

import streams.calibration
import streams.quality
from streams.calibration import CalibrationKind, Floats
from streams.discover import discover
from streams.errors import Skip
from streams.inventory import (
    EVER,
    NEVER,
    Calibration,
    Configuration,
    Deployment,
    Device,
    Profile,
    Property,
)
from streams.inventory.declared import valid
from streams.inventory.devices import configured
from streams.inventory.judgement import STAGES
from streams.quality import SECOND, QualityTest
from streams.registry import Registry
from streams.windows import DURATION

TESTS = discover(streams.quality, QualityTest)
KINDS = discover(streams.calibration, CalibrationKind)

_OF_CALIBRATION = {
    *("id", "start", "end", "device", "property", "channel", "kind", "params", "range"),
}
_OF_PROFILE = {"id", "start", "end", "property", "device", "tests"}
"""What of them is in a version: no word about where they come from restates a value."""

Key = tuple[str, str]
"""Property and channel: a series of a device."""


@dataclass(frozen=True)
class Stage:
    """One calibration, ready to apply."""

    id: str
    apply: Callable[[Floats], Floats]
    range: tuple[float, float] | None


@dataclass(frozen=True)
class Segment:
    """What applies to a series in ``[since, until)``, UTC microseconds.

    ``version`` identifies the objects: it is on every row that they made. ``exposure`` is the
    time that a sample stands for, in seconds.
    """

    since: int
    until: int
    exposure: float
    stages: tuple[Stage, ...]
    tests: Mapping[str, Any]
    version: int

    @property
    def look_ahead(self) -> int:
        """Microseconds after a sample that its flags may still depend on."""
        return max((TESTS[n].look_ahead(p) for n, p in self.tests.items()), default=0)

    @property
    def look_back(self) -> int:
        """Microseconds before a sample that its flags may depend on."""
        return max((TESTS[n].look_back(p) for n, p in self.tests.items()), default=0)


@dataclass(frozen=True)
class SeriesPlan:
    """How a series is judged. ``decimals`` are those of a tenth of the resolution."""

    observed: Property
    segments: tuple[Segment, ...]

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

    def series(self, key: Key) -> SeriesPlan:
        """The plan of a series.

        Raises:
            Skip: the property is not in the vocabulary, or a declared object cannot be used.
        """
        if key not in self._made:
            self._made[key] = _series_plan(self.registry, self.device, key)
        return self._made[key]

    def usable(self, keys: Iterable[Key]) -> dict[Key, SeriesPlan]:
        """The plans of those series for which there is one."""
        plans = {}
        for key in keys:
            with suppress(Skip):
                plans[key] = self.series(key)
        return plans


def version(plans: Mapping[Key, SeriesPlan]) -> int:
    """One number that changes when anything that applies to one of the series does."""
    return _hash([[s.version, s.since] for p in plans.values() for s in p.segments])


def _hash(content: Any) -> int:
    text = json.dumps(content, sort_keys=True, default=str).encode()
    return int.from_bytes(blake2b(text, digest_size=8).digest(), "big") >> 1


def _series_plan(registry: Registry, device: Device, key: Key) -> SeriesPlan:
    prop: Property | None = registry.get("property", key[0])
    if prop is None:
        raise Skip(
            "unknown_property",
            f"property {key[0]!r} of {device.id} is not declared: add it to the vocabulary",
        )
    objects = _Objects.about(registry, device, key)
    segments = tuple(_segment(prop, device, objects, span) for span in pairwise(objects.cuts()))
    return SeriesPlan(prop, segments)


@dataclass(frozen=True)
class _Objects:
    """What is declared about one series, valid at some time or other."""

    calibrations: Sequence[Calibration]
    profiles: Sequence[Profile]
    places: Sequence[Deployment]
    settings: Sequence[Configuration]

    @classmethod
    def about(cls, registry: Registry, device: Device, key: Key) -> "_Objects":
        own = registry.of("calibration", device.id)
        everybody = (*registry.of("profile", None), *registry.of("profile", device.id))
        profiles = [p for p in everybody if p.property == key[0]]
        sites = {p.site for p in profiles if p.site is not None}
        return cls(
            sorted((c for c in own if (c.property, c.channel) == key), key=_order),
            profiles,
            [d for d in registry.of("deployment", device.id) if d.site in sites],
            registry.of("configuration", device.id),
        )

    def cuts(self) -> list[int]:
        """The instants at which something else begins to apply."""
        dated = (*self.calibrations, *self.profiles, *self.places, *self.settings)
        return sorted({EVER, NEVER, *(i for o in dated for i in (o.since, o.until))})

    def at(self, instant: int) -> "_Objects":
        """Those that are valid then, and of the profiles those for where the device stands."""
        places = valid(self.places, instant)
        sites = {None, *(place.site for place in places)}
        return _Objects(
            valid(self.calibrations, instant),
            [p for p in valid(self.profiles, instant) if p.site in sites],
            places,
            valid(self.settings, instant),
        )

    def profile(self) -> Profile | None:
        """The device's own before that of its site, that before the property's."""
        return max(
            self.profiles,
            key=lambda p: (p.device is not None, p.site is not None, p.since, p.id),
            default=None,
        )


def _order(calibration: Calibration) -> tuple[int, str]:
    return STAGES.index(calibration.stage), calibration.id


def _segment(prop: Property, device: Device, objects: _Objects, span: tuple[int, int]) -> Segment:
    here = objects.at(span[0])
    profile, period = here.profile(), configured(device, here.settings).nominal_period
    content = [
        prop.model_dump(include={"id", "unit", "kind", "resolution"}),
        period,
        [c.model_dump(include=_OF_CALIBRATION) for c in here.calibrations],
        profile.model_dump(include=_OF_PROFILE) if profile else None,
    ]
    stages = tuple(map(_stage, here.calibrations))
    return Segment(*span, period, stages, _tests(profile), _hash(content))


def _stage(calibration: Calibration) -> Stage:
    kind = KINDS.get(calibration.kind)
    if kind is None:
        raise Skip("calibration", f"calibration {calibration.id}: no kind {calibration.kind!r}")
    try:
        params = kind.parse(calibration.params)
    except ValidationError as e:
        raise Skip("calibration", f"calibration {calibration.id}: {e}") from e
    return Stage(calibration.id, lambda x: kind.apply(x, params), calibration.range)


def _tests(profile: Profile | None) -> Mapping[str, Any]:
    tests: dict[str, Any] = {}
    for name, params in sorted(profile.tests.items()) if profile else ():
        if name not in TESTS:
            raise Skip("unknown_test", f"profile {profile and profile.id}: no test {name!r}")
        try:
            tests[name] = TESTS[name].params.model_validate(params)
        except ValidationError as e:
            raise Skip("profile", f"profile {profile and profile.id}, {name}: {e}") from e
    return tests


def reach(registry: Registry) -> int:
    """How far before the horizon lie the samples that a flag within it may depend on.

    The longest look-back and look-ahead of all profiles, and the window that the horizon cuts;
    microseconds.
    """
    longest = max(map(_reach, registry.all("profile").values()), default=0)
    return longest + DURATION * SECOND


def _reach(profile: Profile) -> int:
    try:
        tests = _tests(profile)
    except Skip:
        return 0
    back = max((TESTS[n].look_back(p) for n, p in tests.items()), default=0)
    ahead = max((TESTS[n].look_ahead(p) for n, p in tests.items()), default=0)
    return back + ahead
