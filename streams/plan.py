"""What is declared about one device, resolved: which objects apply to a series, and when.

Dates cut time into segments; within one segment the same calibrations and the same profile apply.
"""

import json
import math
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from hashlib import blake2b
from itertools import pairwise
from typing import Any

import numpy as np
from pydantic import ValidationError

import streams.calibration
import streams.quality
from streams.applicable import Applicable, Key, series_of
from streams.calibration import CalibrationKind, Params
from streams.discover import discover
from streams.errors import Skip
from streams.inventory import Calibration, Device, Property
from streams.inventory.devices import configured
from streams.inventory.vocabulary import vocabulary
from streams.quality import FAIL, GOOD, SECOND, SUSPECT, UNKNOWN, QualityTest
from streams.quality.counter_index import COUNTER_INDEX
from streams.quality.defaults import Tests, defaults
from streams.reach import beyond, longest
from streams.registry import Registry
from streams.windows import DURATIONS, HELD, hold

TESTS = discover(streams.quality, QualityTest)
KINDS = discover(streams.calibration, CalibrationKind)

KEPT_MAX = 5000
"""Samples of one series that a worker keeps at most."""

USUAL_HORIZON = 48 * 3600 * SECOND
"""What live owns if nothing else is set: defaults are chosen by it, whatever is set."""

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
    time that a sample stands for, in seconds. ``effects`` are the flags of what has happened to the
    device, ``verdict`` the one that somebody has set, 0 where there is none.
    """

    since: int
    until: int
    exposure: float
    stages: tuple[Stage, ...]
    tests: Mapping[str, Any]
    version: int
    effects: Mapping[str, int] = field(default_factory=dict)
    verdict: int = 0

    @property
    def look_ahead(self) -> int:
        """Microseconds after a sample that its flags may still depend on."""
        return max((TESTS[n].look_ahead(p) for n, p in self.tests.items()), default=0)

    @property
    def look_back(self) -> int:
        """Microseconds before a sample that its flags may depend on."""
        return max((TESTS[n].look_back(p) for n, p in self.tests.items()), default=0)

    @property
    def modulus(self) -> float:
        """Where a counter begins again, in its unit; NaN where nobody says it does."""
        known = getattr(self.tests.get(COUNTER_INDEX.name), "modulus", None)
        return math.nan if known is None else float(known)


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


def reach(registry: Registry) -> int:
    """The farthest that one of all devices looks back before the horizon, microseconds."""
    return registry.once(_farthest)


def _farthest(registry: Registry) -> int:
    devices = registry.all("device").values()
    return max((DevicePlan(registry, device).reach() for device in devices), default=0)


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
    segments = (_segment(prop, device, objects, span) for span in pairwise(objects.cuts()))
    return SeriesPlan(prop, tuple(segments))


def _segment(prop: Property, device: Device, objects: Applicable, span: tuple[int, int]) -> Segment:
    here = objects.at(span[0])
    profile, period = here.profile(), configured(device, here.settings).nominal_period
    content = [
        prop.model_dump(include={"id", "unit", "kind", "resolution"}),
        period,
        [c.model_dump(include=_OF_CALIBRATION) for c in here.calibrations],
        profile.model_dump(include=_OF_PROFILE) if profile else None,
    ]
    tests = profile.tests if profile else None
    if tests is None:
        tests = _usual(prop.id, prop.unit, period)
        content += [{"defaults": tests}] if tests else []
    effects, said = here.effects(), here.verdict()
    verdict = VERDICT[said.flag] if said else 0
    maintenance = effects.get("maintenance", 0)
    if maintenance or verdict:
        content.append([maintenance, verdict])
    if others := {name: flag for name, flag in effects.items() if name != "maintenance"}:
        content.append({"effects": others})
    stages = tuple(map(_stage, here.calibrations))
    of = f"profile {profile.id}" if profile else f"defaults of {prop.id}"
    return Segment(*span, period, stages, _parsed(tests, of), _hash(content), effects, verdict)


def _stage(calibration: Calibration) -> Stage:
    kind = KINDS.get(calibration.kind)
    if kind is None:
        raise Skip("calibration", f"calibration {calibration.id}: no kind {calibration.kind!r}")
    try:
        params = kind.parse(calibration.params)
    except ValidationError as e:
        raise Skip("calibration", f"calibration {calibration.id}: {e}") from e
    return Stage(calibration.id, kind, params, calibration.range)


@cache
def _usual(property_id: str, unit: str, period: float) -> Tests:
    """The tests of a property where nothing is declared: in the vocabulary's unit, and none for
    which a worker would keep more than it may."""
    if not any((known.id, known.unit) == (property_id, unit) for known in vocabulary()):
        return {}
    found = defaults(property_id, period)
    most = KEPT_MAX * period * SECOND - USUAL_HORIZON
    return {name: params for name, params in found.items() if _look(name, params) <= most}


def _look(name: str, params: Mapping[str, Any]) -> int:
    test = TESTS[name]
    parsed = test.params.model_validate(params)
    look: int = test.look_back(parsed) + test.look_ahead(parsed)
    return look


def _parsed(given: Tests, of: str) -> Mapping[str, Any]:
    tests: dict[str, Any] = {}
    for name, params in sorted(given.items()):
        if name not in TESTS:
            raise Skip("unknown_test", f"{of}: no test {name!r}")
        try:
            tests[name] = TESTS[name].params.model_validate(params)
        except ValidationError as e:
            raise Skip("profile", f"{of}, {name}: {e}") from e
    return tests
