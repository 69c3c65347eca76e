"""One span of time of a series, in which the same calibrations and the same profile apply."""

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from hashlib import blake2b
from json import JSONEncoder
from typing import Any

from pydantic import ValidationError

import streams.calibration
import streams.quality
from streams.applicable import Applicable
from streams.calibration import CalibrationKind, Params
from streams.discover import discover
from streams.errors import Skip
from streams.inventory import Calibration, Device, Profile, Property
from streams.inventory.devices import configured
from streams.inventory.vocabulary import vocabulary
from streams.kept import kept
from streams.quality import FAIL, GOOD, SECOND, SUSPECT, UNKNOWN, QualityTest
from streams.quality.counter_index import COUNTER_INDEX
from streams.quality.defaults import Tests, defaults

TESTS = discover(streams.quality, QualityTest)
KINDS = discover(streams.calibration, CalibrationKind)

KEPT_MAX = 5000
"""Samples of one series that a worker keeps at most."""

USUAL_HORIZON = 48 * 3600 * SECOND
"""What live owns if nothing else is set: defaults are chosen by it, whatever is set."""

VERDICT = {"good": GOOD, "unknown": UNKNOWN, "suspect": SUSPECT, "fail": FAIL}

_OF_CALIBRATION = ("id", "start", "end", "device", "property", "channel", "kind", "range")
_OF_PROFILE = {"id", "start", "end", "property", "device", "tests"}
_OF_PROPERTY = {"id", "unit", "kind", "resolution"}
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


class Suite(dict[str, Any]):
    """The tests of a profile, or those of a property where there is none, by name, each with its
    parameters parsed. One object for all segments that they apply to; never changed."""

    @cached_property
    def look_ahead(self) -> int:
        """Microseconds after a sample that its flags may still depend on."""
        return max((TESTS[n].look_ahead(p) for n, p in self.items()), default=0)

    @cached_property
    def look_back(self) -> int:
        """Microseconds before a sample that its flags may depend on."""
        return max((TESTS[n].look_back(p) for n, p in self.items()), default=0)

    @cached_property
    def inputs(self) -> frozenset[str]:
        """The siblings that they look at."""
        return frozenset(i for n, p in self.items() for i in TESTS[n].inputs(p))

    @cached_property
    def modulus(self) -> float:
        """Where a counter begins again, in its unit; NaN where nobody says it does."""
        known = getattr(self.get(COUNTER_INDEX.name), "modulus", None)
        return math.nan if known is None else float(known)


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
    tests: Suite
    version: int
    effects: Mapping[str, int] = field(default_factory=dict)
    verdict: int = 0

    @property
    def look_ahead(self) -> int:
        """That of its tests, microseconds."""
        return self.tests.look_ahead

    @property
    def look_back(self) -> int:
        """That of its tests, microseconds."""
        return self.tests.look_back

    @property
    def modulus(self) -> float:
        """That of its tests, in the unit of the counter."""
        return self.tests.modulus


def segment(prop: Property, device: Device, objects: Applicable, span: tuple[int, int]) -> Segment:
    """What applies in a span between two cuts.

    Raises:
        Skip: a declared object cannot be used.
    """
    here = objects.at(span[0])
    profile, period = here.profile(), configured(device, here.settings).nominal_period
    stages = tuple(map(_stage, here.calibrations))
    given, tests = "", _of_profile(profile) if profile else None
    if tests is None:
        given, tests = _usual(prop.id, prop.unit, period)
    effects, said = here.effects(), here.verdict()
    verdict = VERDICT[said.flag] if said else 0
    content = [
        _property_text(prop),
        repr(period),
        f"[{', '.join(map(_calibration_text, here.calibrations))}]",
        _profile_text(profile) if profile else "null",
        *([f'{{"defaults": {given}}}'] if given else ()),
        *_harm_texts(effects, verdict),
    ]
    version = digest(f"[{', '.join(content)}]")
    return Segment(*span, period, stages, tests, version, effects, verdict)


def digest(text: str) -> int:
    """A number, 63 bits, of a text in JSON: equal ones have equal numbers."""
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big") >> 1


_text = JSONEncoder(sort_keys=True, default=str).encode


def _harm_texts(effects: Mapping[str, int], verdict: int) -> Iterator[str]:
    maintenance = effects.get("maintenance", 0)
    if maintenance or verdict:
        yield _text([maintenance, verdict])
    if others := {name: flag for name, flag in effects.items() if name != "maintenance"}:
        yield _text({"effects": others})


def _calibration_text(calibration: Calibration) -> str:
    fields = {name: getattr(calibration, name) for name in _OF_CALIBRATION}
    return _text(fields | {"params": dict(calibration.params)})


@kept
def _property_text(prop: Property) -> str:
    return _text(prop.model_dump(include=_OF_PROPERTY))


@kept
def _profile_text(profile: Profile) -> str:
    return _text(profile.model_dump(include=_OF_PROFILE))


def _stage(calibration: Calibration) -> Stage:
    kind = KINDS.get(calibration.kind)
    if kind is None:
        raise Skip("calibration", f"calibration {calibration.id}: no kind {calibration.kind!r}")
    try:
        params = kind.parse(calibration.params)
    except ValidationError as e:
        raise Skip("calibration", f"calibration {calibration.id}: {e}") from e
    return Stage(calibration.id, kind, params, calibration.range)


@kept
def _of_profile(profile: Profile) -> Suite | None:
    return None if profile.tests is None else _parsed(profile.tests, f"profile {profile.id}")


@cache
def _usual(property_id: str, unit: str, period: float) -> tuple[str, Suite]:
    """The tests of a property where nothing is declared, and their text, none of none: in the
    vocabulary's unit, and none for which a worker would keep more than it may."""
    tests: Tests = {}
    if any((known.id, known.unit) == (property_id, unit) for known in vocabulary()):
        most = KEPT_MAX * period * SECOND - USUAL_HORIZON
        found = defaults(property_id, period)
        tests = {name: params for name, params in found.items() if _look(name, params) <= most}
    text = _text(tests) if tests else ""
    return text, _alike(property_id, text)


@cache
def _alike(property_id: str, text: str) -> Suite:
    """One suite for all periods that ask for the same."""
    return _parsed(json.loads(text or "{}"), f"defaults of {property_id}")


def _look(name: str, params: Mapping[str, Any]) -> int:
    test = TESTS[name]
    parsed = test.params.model_validate(params)
    look: int = test.look_back(parsed) + test.look_ahead(parsed)
    return look


def _parsed(given: Tests, of: str) -> Suite:
    tests = Suite()
    for name, params in sorted(given.items()):
        if name not in TESTS:
            raise Skip("unknown_test", f"{of}: no test {name!r}")
        try:
            tests[name] = TESTS[name].params.model_validate(params)
        except ValidationError as e:
            raise Skip("profile", f"{of}, {name}: {e}") from e
    return tests
