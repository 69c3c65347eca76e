"""One span of time of a series, in which the same calibrations and the same profile apply."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from hashlib import blake2b
from typing import Any

from pydantic import ValidationError

import streams.calibration
import streams.quality
from streams.applicable import Applicable
from streams.calibration import CalibrationKind, Params
from streams.discover import discover
from streams.errors import Skip
from streams.inventory import Calibration, Device, Property
from streams.inventory.devices import configured
from streams.inventory.vocabulary import vocabulary
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


def digest(content: Any) -> int:
    """A number, 63 bits, of what has a form in JSON: equal contents have equal ones."""
    text = json.dumps(content, sort_keys=True, default=str).encode()
    return int.from_bytes(blake2b(text, digest_size=8).digest(), "big") >> 1


def segment(prop: Property, device: Device, objects: Applicable, span: tuple[int, int]) -> Segment:
    """What applies in a span between two cuts.

    Raises:
        Skip: a declared object cannot be used.
    """
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
    return Segment(*span, period, stages, _parsed(tests, of), digest(content), effects, verdict)


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
