"""Inventories by chance, of two devices: all that bears on how they are judged, and what does not.

Only ``random()`` of the chance is used: from one seed it is the same in every version of Python.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol, TypeVar

from streams.inventory import KINDS, Declared
from streams.registry import Change

T = TypeVar("T")
Item = tuple[str, Declared]

CHANNELS = ("", "é")
PROPERTIES = ("fill_level", "ph", "sound_level", "wind")
NAMES: dict[str, tuple[str, ...]] = {
    "use_case": ("u",),
    "property": PROPERTIES,
    "network": ("m", "n"),
    "codec": ("c", "d"),
    "device": ("D", "E"),
    "configuration": ("1", "2"),
    "deployment": ("1", "2"),
    "calibration": ("1", "2", "3", "4", "5"),
    "profile": ("1", "2", "3", "4"),
    "maintenance": ("1", "2", "3"),
    "verdict": ("1", "2"),
    "erasure": ("1",),
}
"""The ids of each kind; what refers to something comes after it."""

_UNITS = {"fill_level": "%", "ph": "[pH]", "sound_level": "dB(A)", "wind": "m/s"}
_MONTHS = [
    f"2026-{month:02}-01T00:00:00{zone}" for month in range(1, 5) for zone in ("Z", "+02:00")
]
_TESTS: list[dict[str, Any]] = [
    {},
    {"gross_range": {"fail": [0, 1], "suspect": [0, 0.5]}},
    {"spike": {"suspect": 1, "fail": 2.0, "max_gap": 900}, "flat_line": {"suspect": 3600}},
    {"rate_of_change": {"suspect": 1e-9, "max_gap": 60.5}},
]
_CALIBRATIONS: list[dict[str, Any]] = [
    {"kind": "linear", "params": {"a": 1, "b": 0.1}},
    {"kind": "linear", "params": {}, "range": [0, 50.5]},
    {"kind": "drift", "params": {"opened": "2026-01-01T00:00:00Z", "first": 1e-7}},
    {"kind": "polynomial", "params": {"coefficients": [0, 1.5], "range": [0, 10]}},
    {
        "kind": "multilinear",
        "params": {"temperature": 0.5, "temperature_property": "wind", "tolerance": 60},
    },
]


class Chance(Protocol):
    """Of :mod:`random`, or one that hypothesis makes."""

    def random(self) -> float:
        """A number in [0, 1)."""


def pick(chance: Chance, of: Sequence[T]) -> T:
    """One of them."""
    return of[int(chance.random() * len(of))]


def inventory(chance: Chance) -> Iterator[Item]:
    """Objects that may be declared together; the property, the codecs and the devices are there."""
    for kind, names in NAMES.items():
        for name in names:
            if kind in ("property", "codec", "device") or chance.random() < 0.7:
                yield kind, declared(chance, kind, name)


def changes(chance: Chance, size: int) -> Iterator[Change]:
    """So many changes of one object each; a third removes, but never the device D."""
    for _ in range(size):
        kind = pick(chance, tuple(NAMES))
        name = pick(chance, NAMES[kind])
        stays = (kind, name) == ("device", "D") or chance.random() < 2 / 3
        yield kind, name, declared(chance, kind, name) if stays else None


def declared(chance: Chance, kind: str, name: str) -> Declared:
    """An object of that kind and id."""
    return KINDS[kind].model_validate({"id": name} | _BODIES[kind](chance, name))


def _dates(chance: Chance) -> dict[str, str]:
    first, last = sorted(int(chance.random() * len(_MONTHS) / 2) for _ in range(2))
    dates = {"from": _MONTHS[2 * first], "to": _MONTHS[2 * last + 1]} if first < last else {}
    return {name: at for name, at in dates.items() if chance.random() < 0.8}


def _some(chance: Chance, *of: dict[str, Any]) -> dict[str, Any]:
    return {k: v for fields in of for k, v in fields.items() if chance.random() < 0.5}


def _device(chance: Chance) -> dict[str, str]:
    return {"device": "D" if chance.random() < 0.7 else "E"}


def _effects(chance: Chance, **more: str) -> list[dict[str, Any]]:
    return [
        _dates(chance)
        | {"quality": pick(chance, ("bad", "suspect", "none"))}
        | _some(chance, {"property": pick(chance, PROPERTIES)})
        | more
        for _ in range(int(chance.random() * 3))
    ]


def _property(chance: Chance, name: str) -> dict[str, Any]:
    kind = pick(chance, ("instantaneous", "count", "state"))
    return {
        "title_fr": pick(chance, ("a", "b")),
        "title_en": "",
        "unit": _UNITS[name],
        "resolution": pick(chance, (0.1, 0.01)),
        "kind": "level" if name == "sound_level" else kind,
    }


def _codec(chance: Chance, _name: str) -> dict[str, Any]:
    paths = [{"path": name, "property": name} for name in PROPERTIES if chance.random() < 0.6]
    paths.append({"path": "x", "property": pick(chance, PROPERTIES), "channel": "é"})
    return {"script": pick(chance, ("x", "y")), "mapping": paths}


def _of_device(chance: Chance, name: str) -> dict[str, Any]:
    more = _some(chance, {"network": pick(chance, ("m", "n")), "serial": "s"})
    period = pick(chance, (60, 600, 900.5))
    codec = pick(chance, ("c", "d"))
    return {"name": name, "codec": codec, "use_case": "u", "nominal_period": period} | more


def _configuration(chance: Chance, _name: str) -> dict[str, Any]:
    some = _some(chance, {"codec": pick(chance, ("c", "d"))}, {"network": "n"})
    return _device(chance) | {"nominal_period": pick(chance, (60, 300))} | some | _dates(chance)


def _deployment(chance: Chance, _name: str) -> dict[str, Any]:
    place = {"commune": "13201", "latitude": pick(chance, (43.2, 43.3)), "longitude": 5.3}
    return _device(chance) | place | {"site": pick(chance, ("quay", "hill"))} | _dates(chance)


def _calibration(chance: Chance, _name: str) -> dict[str, Any]:
    body = _device(chance) | pick(chance, _CALIBRATIONS)
    body |= {"property": pick(chance, PROPERTIES), "channel": pick(chance, CHANNELS)}
    stage = pick(chance, ("unit", "linear", "environment", "drift"))
    said = _some(chance, {"author": pick(chance, ("a", "b")), "n": 3, "u_rel": 0})
    return body | {"stage": stage} | said | _dates(chance)


def _profile(chance: Chance, _name: str) -> dict[str, Any]:
    owner = pick(chance, ({}, {"site": "quay"}, {"site": "hill"}, _device(chance)))
    body = owner | {"property": pick(chance, PROPERTIES), "tests": pick(chance, _TESTS)}
    return {k: v for k, v in body.items() if k != "tests" or chance.random() < 0.9} | _dates(chance)


def _maintenance(chance: Chance, _name: str) -> dict[str, Any]:
    check = {"level": 94, "read": pick(chance, (94, 94.7, 96))}
    body = _device(chance) | {"what": "w", "who": pick(chance, ("a", "b"))} | _dates(chance)
    checked = {"check": check | _some(chance, {"left": 94.2, "property": "sound_level"})}
    return (
        {"from": "2025-12-01T00:00:00Z"}
        | body
        | {"affects": _effects(chance)}
        | _some(chance, checked)
    )


def _verdict(chance: Chance, _name: str) -> dict[str, Any]:
    flag = pick(chance, ("good", "unknown", "suspect", "fail"))
    of = _some(chance, {"property": pick(chance, PROPERTIES), "channel": pick(chance, CHANNELS)})
    said = {"flag": flag, "author": pick(chance, ("a", "b")), "reason": "r"}
    return _device(chance) | said | of | _dates(chance)


_BODIES: dict[str, Callable[[Chance, str], dict[str, Any]]] = {
    "use_case": lambda chance, _: {"title_fr": pick(chance, ("a", "b")), "title_en": ""},
    "property": _property,
    "network": lambda chance, name: {"name": name, "affects": _effects(chance, reason="r")},
    "codec": _codec,
    "device": _of_device,
    "configuration": _configuration,
    "deployment": _deployment,
    "calibration": _calibration,
    "profile": _profile,
    "maintenance": _maintenance,
    "verdict": _verdict,
    "erasure": lambda chance, _: _device(chance) | _dates(chance),
}
