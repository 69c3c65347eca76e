"""What is declared in a chaos run, drawn from a seed: as the product and as the oracle read it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from streams.inventory import KINDS, Declared
from tests.oracle import declared as oracle

ORIGIN = datetime(2026, 6, 1, tzinfo=UTC)
"""Midnight before the first uplink; any day of the past does."""

PERIOD = 300.0
"""Seconds between two uplinks of a device."""

Item = tuple[str, dict[str, Any]]

_CODEC = """
function decodeUplink(input) {
  var b = input.bytes, fill = b[0] << 8 | b[1], sound = b[2] << 8 | b[3];
  return {data: {fill: fill === 65535 ? null : (fill - 100) / 10, sound: sound / 100}};
}
"""
_PROPERTIES = {
    "fill_level": {"unit": "%", "kind": "instantaneous", "resolution": 0.1},
    "sound_level": {"unit": "dB(A)", "kind": "level", "resolution": 0.1},
}
_TESTS = {
    "fill_level": {
        "gross_range": {"fail": [0.0, 100.0], "suspect": [2.0, 98.0]},
        "spike": {"suspect": 8.0, "fail": 25.0, "max_gap": 750.0},
        "flat_line": {"suspect": 1550.0, "fail": 3200.0, "tolerance": 0.2},
    },
    "sound_level": {
        "gross_range": {"fail": [20.0, 130.0], "suspect": [30.0, 110.0]},
        "spike": {"suspect": 6.0, "fail": 15.0, "max_gap": 600.0},
        "flat_line": {"suspect": 950.0, "fail": 1900.0, "tolerance": 0.3},
    },
}


@dataclass(frozen=True)
class City:
    """``items`` are the objects of the inventory, as (kind, fields of its YAML)."""

    devices: tuple[str, ...]
    items: tuple[Item, ...]

    def inventory(self) -> list[tuple[str, Declared]]:
        """As the product takes it."""
        return [(kind, KINDS[kind].model_validate(body)) for kind, body in self.items]

    def norm(self) -> oracle.Declared:
        """As the oracle takes it: instants in microseconds."""
        return oracle.Declared(
            devices={b["id"]: b for kind, b in self.items if kind == "device"},
            properties={b["id"]: b for kind, b in self.items if kind == "property"},
            calibrations=tuple(_dated(b) for kind, b in self.items if kind == "calibration"),
            profiles=tuple(_dated(b) for kind, b in self.items if kind == "profile"),
        )


def micros(at: datetime) -> int:
    """Microseconds since 1970, UTC."""
    return (at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


def city(rng: Random, devices: int, hours: float) -> City:
    """``devices`` devices, a third of them calibrated, some with a profile of their own."""
    names = tuple(f"{0xA84041_0000_0000_00 + 0x10001 * i:016X}" for i in range(devices))
    items = [*_vocabulary(), *(item for name in names for item in _device(rng, name, hours))]
    return City(names, tuple(items))


def _vocabulary() -> Iterator[Item]:
    yield "use_case", {"id": "chaos", "title_fr": "Chaos", "title_en": "Chaos"}
    for network in ("tts", "chirpstack"):
        source = {"id": network, "network": network, "secret": "CHAOS", "simulated": True}
        yield "source", source
    mapping = [
        {"path": "fill", "property": "fill_level"},
        {"path": "sound", "property": "sound_level"},
    ]
    yield "codec", {"id": "chaos", "script": _CODEC, "mapping": mapping}
    for name, body in _PROPERTIES.items():
        yield "property", {"id": name, "title_fr": name, "title_en": name, **body}
        yield "profile", {"id": name, "property": name, "tests": _TESTS[name]}


def _device(rng: Random, name: str, hours: float) -> Iterator[Item]:
    period = PERIOD if rng.random() < 0.8 else PERIOD / 2
    yield (
        "device",
        {
            "id": name,
            "name": name,
            "codec": "chaos",
            "use_case": "chaos",
            "nominal_period": period,
        },
    )
    if rng.random() < 0.1:
        tests = {"gross_range": {"fail": [0.0, 60.0]}}
        own = {"id": f"own-{name}", "device": name, "property": "fill_level", "tests": tests}
        yield "profile", own
    if rng.random() < 0.33:
        yield from _calibrations(rng, name, hours)


def _calibrations(rng: Random, name: str, hours: float) -> Iterator[Item]:
    """A first one that ends where the second begins, and a third on top of both."""
    turn = (ORIGIN + timedelta(hours=rng.uniform(0, hours))).isoformat()
    dates: tuple[dict[str, str], ...] = ({"to": turn}, {"from": turn}, {})
    for number, dated in enumerate(dates, 1):
        params = {"a": round(rng.uniform(-3, 3), 3), "b": round(rng.uniform(0.9, 1.1), 4)}
        body = {
            "id": f"{name}-{number}",
            "device": name,
            "property": "fill_level",
            "kind": "linear",
            "params": params,
            "range": [5.0, 75.0],
            "stage": "drift" if number == 3 else "linear",
        }
        yield "calibration", body | dated


def _dated(body: Mapping[str, Any]) -> dict[str, Any]:
    dates = {k: micros(datetime.fromisoformat(body[k])) for k in ("from", "to") if k in body}
    return {**body, **dates}
