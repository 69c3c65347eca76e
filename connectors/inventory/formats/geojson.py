"""GeoJSON: a collection of points is a collection of deployments.

The properties of a feature are the fields; the third coordinate is ``z``. A ``crs`` member, as
GIS software still writes it, may name EPSG:2154.

Source: RFC 7946; for the crs member the GeoJSON specification of 2008, section 3.
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from connectors.inventory.formats import Entry, InventoryFormat, Unreadable, nested
from streams.bounded_json import loads
from streams.errors import Skip

_CRS = {"CRS84": "EPSG:4326", "4326": "EPSG:4326", "2154": "EPSG:2154"}
_DECODER = json.JSONDecoder()
_SPACE = re.compile(r"[ \t\n\r]*")


def read(text: str, _: str) -> Iterator[Entry | Unreadable]:
    """The deployments of a file, a feature each."""
    try:
        collection = loads(text.encode())
    except Skip as e:
        raise Unreadable("", str(e)) from e
    features = collection.get("features") if isinstance(collection, dict) else None
    if not isinstance(features, list):
        raise Unreadable("", "a FeatureCollection belongs here")
    crs = _crs(collection.get("crs"))
    for number, (feature, line) in enumerate(zip(features, _lines(text), strict=True), 1):
        where = f":{line}, feature {number}"
        try:
            yield Entry("deployment", _body(feature, crs), lambda _, here=where: here)  # type: ignore[misc]
        except ValueError as e:
            yield Unreadable(where, str(e))


def _lines(text: str) -> list[int]:
    """The line at which each feature begins, in the text of a collection that can be read."""
    for key, at in _members(text, text.index("{")):
        if key == "features":  # of two, the last one counts
            starts = _items(text, at)
    lines, line, before = [], 1, 0
    for start in starts:
        line += text.count("\n", before, start)
        lines.append(line)
        before = start
    return lines


def _members(text: str, at: int) -> Iterator[tuple[str, int]]:
    """The names of an object, with where their values begin."""
    while text[at := _next(text, at + 1)] != "}":
        key, at = _DECODER.raw_decode(text, at)
        at = _next(text, _next(text, at) + 1)
        yield key, at
        at = _next(text, _DECODER.raw_decode(text, at)[1])
        if text[at] == "}":
            return


def _items(text: str, at: int) -> list[int]:
    """Where the items of a list begin."""
    starts = []
    while text[at] != "]" and text[at := _next(text, at + 1)] != "]":
        starts.append(at)
        at = _next(text, _DECODER.raw_decode(text, at)[1])
    return starts


def _next(text: str, at: int) -> int:
    """Where what is no white space is."""
    return _SPACE.match(text, at).end()  # type: ignore[union-attr]  # it matches nothing, too


def _crs(member: Any) -> str:
    if member is None:
        return "EPSG:4326"
    named = member.get("properties") if isinstance(member, dict) else None
    name = re.search(r"(\w+)$", str(named.get("name", ""))) if isinstance(named, dict) else None
    if name is None or name[1] not in _CRS:
        raise Unreadable("", "crs is none of CRS84, EPSG:4326 and EPSG:2154")
    return _CRS[name[1]]


def _body(feature: Any, crs: str) -> Mapping[str, Any]:
    if not isinstance(feature, dict) or not isinstance(feature.get("properties"), dict):
        raise ValueError("a feature with properties belongs here")
    said = nested((k, v) for k, v in feature["properties"].items() if v is not None)
    if "id" in feature:
        said = {"id": feature["id"]} | said
    return said | _place(feature.get("geometry"), crs)


def _place(geometry: Any, crs: str) -> dict[str, Any]:
    point = geometry.get("coordinates") if isinstance(geometry, dict) else None
    if not isinstance(point, list) or geometry.get("type") != "Point" or len(point) not in (2, 3):
        raise ValueError("the geometry of a deployment is a Point with two or three coordinates")
    place = {"x": point[0], "y": point[1], "crs": crs}
    return place | ({"z": point[2]} if len(point) == 3 else {})


GEOJSON = InventoryFormat("geojson", (".geojson",), read)
