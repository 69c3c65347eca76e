"""Positions in what network servers say, in degrees of WGS 84."""

from collections.abc import Iterable
from typing import Any

from connectors import json_fields as fields


def place(latitude: Any, longitude: Any, **more: Any) -> dict[str, Any]:
    """A position with what ``more`` is said of it; empty where there is none.

    Zero and zero together is what servers and devices say that know no position.
    """
    north, east = fields.number(latitude), fields.number(longitude)
    if north is None or east is None or not (abs(north) <= 90 and abs(east) <= 180):
        return {}
    if north == east == 0:
        return {}
    return fields.told(latitude=north, longitude=east, **more)


def located(location: Any) -> dict[str, Any]:
    """The position of a location object of The Things Stack or of ChirpStack, which leave out a
    coordinate that is zero."""
    found = fields.mapping(location) or {}
    return place(
        found.get("latitude", 0),
        found.get("longitude", 0),
        altitude=fields.number(found.get("altitude")),
        accuracy=fields.number(found.get("accuracy")),
        source=fields.text(found.get("source")),
    )


def gateways(named: Iterable[tuple[str | None, dict[str, Any]]]) -> dict[str, Any]:
    """Where the gateways of a frame are: those that have a name and a position."""
    found = [{"gateway": name, **where} for name, where in named if name and where]
    return {"gateways": found} if found else {}
