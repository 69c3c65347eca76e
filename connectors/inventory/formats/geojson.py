"""GeoJSON: a collection of points is a collection of deployments.

The properties of a feature are the fields; the third coordinate is ``z``. A ``crs`` member, as
GIS software still writes it, may name EPSG:2154.

Source: RFC 7946; for the crs member the GeoJSON specification of 2008, section 3.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from connectors.inventory.formats import Entry, InventoryFormat, Unreadable, nested
from streams.bounded_json import loads
from streams.errors import Skip

_CRS = {"CRS84": "EPSG:4326", "4326": "EPSG:4326", "2154": "EPSG:2154"}


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
    for number, feature in enumerate(features, 1):
        where = f", feature {number}"
        try:
            yield Entry("deployment", _body(feature, crs), lambda _, here=where: here)  # type: ignore[misc]
        except ValueError as e:
            yield Unreadable(where, str(e))


def _crs(member: Any) -> str:
    if member is None:
        return "EPSG:4326"
    name = re.search(r"(\w+)$", str(member.get("properties", {}).get("name", "")))
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
