"""A small city for the tests of alerts: devices, gateways, networks, maintenance."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from streams.alerts import SILENT, Condition, Fleet
from streams.inventory import KINDS
from streams.registry import Registry

MINUTE = 60_000_000
HOUR = 60 * MINUTE
START = 1_772_409_600_000_000
"""2026-03-02T00:00Z, a Monday, UTC microseconds."""


def at(hours: float, minutes: float = 0.0) -> int:
    """An instant of the week."""
    return START + round((hours * 60 + minutes) * MINUTE)


def written(instant: int) -> str:
    """RFC 3339, as an inventory has it."""
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=instant)).isoformat()


def declared(items: Iterable[tuple[str, Mapping[str, Any]]]) -> Registry:
    """A snapshot of objects from the fields of their YAML."""
    return Registry().after(
        (kind, body["id"], KINDS[kind].model_validate(body)) for kind, body in items
    )


def device(name: str, period: float = 600.0) -> list[tuple[str, dict[str, Any]]]:
    """A device that stands somewhere since ever; it is silent after three periods."""
    body = {"id": name, "name": name, "codec": "c", "use_case": "u", "nominal_period": period}
    place = {"site": name, "commune": "13055", "latitude": 43.3, "longitude": 5.4}
    return [("device", body), ("deployment", {"id": f"{name}.d", "device": name} | place)]


def fleet(
    names: Iterable[str], networks: Iterable[str] = ("tts", "lora"), period: float = 600.0
) -> Fleet:
    """Devices, and sources of these networks."""
    items = [one for name in names for one in device(name, period)]
    items += [("source", {"id": f"s-{n}", "network": n}) for n in networks]
    return Fleet(declared(items))


def silent(
    name: str,
    opened: int,
    closed: int | None = None,
    gateways: tuple[str, ...] = ("g1",),
    network: str = "tts",
    level: int = 2,
) -> Condition:
    """A silence."""
    return Condition(
        name, SILENT, "", "", opened, closed, level, "no frame", tuple(sorted(gateways)), network
    )


def plain(
    name: str, kind: str, opened: int, closed: int | None = None, level: int = 1, prop: str = ""
) -> Condition:
    """Any other condition."""
    return Condition(name, kind, prop, "", opened, closed, level, kind, ("g1",), "tts")
