"""What is declared about one device, resolved: which objects apply to a series, and when.

Dates cut time into segments; within one segment the same calibrations and the same profile apply.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from graphlib import CycleError, TopologicalSorter
from hashlib import blake2b
from itertools import pairwise
from typing import Any

import numpy as np
from pydantic import ValidationError

import streams.calibration
import streams.quality
from streams.applicable import Applicable, Key
from streams.calibration import CalibrationKind, Params
from streams.discover import discover
from streams.errors import Skip
from streams.inventory import Calibration, Device, Profile, Property
from streams.inventory.devices import configured
from streams.quality import FAIL, GOOD, SECOND, SUSPECT, UNKNOWN, QualityTest
from streams.registry import Registry
from streams.windows import DURATION

TESTS = discover(streams.quality, QualityTest)
KINDS = discover(streams.calibration, CalibrationKind)

VERDICT = {"good": GOOD, "unknown": UNKNOWN, "suspect": SUSPECT, "fail": FAIL}

_OF_CALIBRATION = {
    *("id", "start", "end", "device", "property", "channel", "kind", "params", "range"),
}
_OF_PROFILE = {"id", "start", "end", "property", "device", "tests"}
"""What of them is in a version: no word about where they come from restates a value."""


@dataclass(frozen=True)
class Stage:
    """One calibration, ready to apply; ``range`` is where it was fitted."""

    id: str
    kind: CalibrationKind
    params: Params
    range: tuple[float, float] | None

    @property
    def siblings(self) -> tuple[str, ...]:
        """The properties of the device that it takes."""
        return self.kind.siblings(self.params)


@dataclass(frozen=True)
class Segment:
    """What applies to a series in ``[since, until)``, UTC microseconds.

    ``version`` identifies the objects: it is on every row that they made. ``exposure`` is the
    time that a sample stands for, in seconds. ``effect`` is the flag that maintenance gives,
    ``verdict`` the one that somebody has set, 0 where there is none.
    """

    since: int
    until: int
    exposure: float
    stages: tuple[Stage, ...]
    tests: Mapping[str, Any]
    version: int
    effect: int = 0
    verdict: int = 0

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
    objects = Applicable.about(registry, device, key)
    segments = tuple(_segment(prop, device, objects, span) for span in pairwise(objects.cuts()))
    alone = SeriesPlan(prop, segments)
    if not alone.corrected_by | alone.compared_with:
        return alone
    return SeriesPlan(prop, segments, registry.once(_others))


def _segment(prop: Property, device: Device, objects: Applicable, span: tuple[int, int]) -> Segment:
    here = objects.at(span[0])
    profile, period = here.profile(), configured(device, here.settings).nominal_period
    content = [
        prop.model_dump(include={"id", "unit", "kind", "resolution"}),
        period,
        [c.model_dump(include=_OF_CALIBRATION) for c in here.calibrations],
        profile.model_dump(include=_OF_PROFILE) if profile else None,
    ]
    effect, said = here.effect(), here.verdict()
    verdict = VERDICT[said.flag] if said else 0
    if effect or verdict:
        content.append([effect, verdict])
    stages = tuple(map(_stage, here.calibrations))
    return Segment(*span, period, stages, _tests(profile), _hash(content), effect, verdict)


def _stage(calibration: Calibration) -> Stage:
    kind = KINDS.get(calibration.kind)
    if kind is None:
        raise Skip("calibration", f"calibration {calibration.id}: no kind {calibration.kind!r}")
    try:
        params = kind.parse(calibration.params)
    except ValidationError as e:
        raise Skip("calibration", f"calibration {calibration.id}: {e}") from e
    return Stage(calibration.id, kind, params, calibration.range)


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

    The longest look-back and look-ahead of all profiles, what other series add, and the window
    that the horizon cuts; microseconds.
    """
    return registry.once(_longest) + registry.once(_others) + DURATION * SECOND


def _longest(registry: Registry) -> int:
    return max(map(_reach, registry.all("profile").values()), default=0)


def _others(registry: Registry) -> int:
    """How much further a series may depend on samples of others: where a calibration takes a
    series, as far as it takes it and as far as its tests look, and again for what that takes."""
    stages = list(_taking(registry))
    farthest = max((stage.kind.reach(stage.params) for _, stage in stages), default=0)
    return _depth(registry, stages) * (registry.once(_longest) + farthest)


def _taking(registry: Registry) -> Iterator[tuple[str, Stage]]:
    """The calibrations that take other series, each with the property that it gives."""
    for calibration in registry.all("calibration").values():
        kind = KINDS.get(calibration.kind)
        if kind is not None and kind.inputs is not None:
            with suppress(Skip):
                yield calibration.property, _stage(calibration)


def _depth(registry: Registry, stages: Iterable[tuple[str, Stage]]) -> int:
    """How many calibrations at most stand behind one another, each taking what the next gives.

    A calibration takes what is usable, so what the tests of that look at counts along. Devices
    that are calibrated in opposite ways make a circle: then as many as there are.
    """
    asks: dict[tuple[str, str], set[tuple[str, str]]] = {}
    for name, stage in stages:
        asks.setdefault(("value", name), set()).update(("flag", n) for n in stage.siblings)
    corrected = len(asks)
    for profile in registry.all("profile").values() if asks else ():
        looks = {n for test, params in _usable(profile).items() for n in TESTS[test].inputs(params)}
        asks.setdefault(("flag", profile.property), set()).update(("value", n) for n in looks)
    for _, name in {node for needs in asks.values() for node in needs}:
        asks.setdefault(("flag", name), set()).add(("value", name))
    depth: dict[tuple[str, str], int] = {}
    try:
        for node in TopologicalSorter(asks).static_order():
            step = node[0] == "value"
            depth[node] = max((depth[need] + step for need in asks.get(node, ())), default=0)
    except CycleError:
        return corrected
    return max(depth.values(), default=0)


def _usable(profile: Profile) -> Mapping[str, Any]:
    try:
        return _tests(profile)
    except Skip:
        return {}


def _reach(profile: Profile) -> int:
    tests = _usable(profile)
    back = max((TESTS[n].look_back(p) for n, p in tests.items()), default=0)
    ahead = max((TESTS[n].look_ahead(p) for n, p in tests.items()), default=0)
    return back + ahead
