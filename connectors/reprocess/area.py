"""Which devices stand in an area, and when: a commune, a box, a circle or a polygon. Pure.

Sources: INSEE, "Code officiel géographique"; RFC 7946, section 5 (a bounding box begins with west
and south); a polygon's inside is that of the even-odd rule.
"""

import math
import re
from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise

import numpy as np

from streams.inventory import Deployment
from streams.reprocess.neighbourhood import distance

CORNERS_MAX = 1000
_COMMUNE = re.compile(r"([013-9]\d|2[AB1-9])\d{3}", re.ASCII)

Inside = Callable[[Deployment], bool]


def area(text: str) -> Inside:
    """What is inside, from ``13201`` (a commune), ``west,south,east,north`` or
    ``longitude,latitude,METRESm`` or a polygon's ``longitude,latitude`` corners with spaces
    between, in degrees (WGS 84).

    Raises:
        ValueError: it is none of these; says which forms there are.
    """
    if _COMMUNE.fullmatch(text):
        return lambda d: d.commune == text
    try:
        if " " in text.strip():
            return _polygon([_point(corner) for corner in text.split()])
        if text.endswith("m"):
            longitude, latitude, metres = map(_number, text[:-1].split(","))
            return lambda d: _metres(d, latitude, longitude) <= metres
        west, south, east, north = map(_number, text.split(","))
    except ValueError as e:
        raise ValueError(
            f"{text[:80]!r} is no area: give a commune's INSEE code (13201), a box "
            "(west,south,east,north), a circle (longitude,latitude,500m) or a polygon "
            "('longitude,latitude longitude,latitude …', at least three corners)"
        ) from e
    return lambda d: south <= d.latitude <= north and _between(d.longitude, west, east)


def within(inside: Inside, deployments: Iterable[Deployment]) -> Iterator[tuple[str, int, int]]:
    """Devices, and the spans (UTC microseconds) in which they stood inside."""
    for one in deployments:
        if inside(one):
            yield one.device, one.since, one.until


def _metres(place: Deployment, latitude: float, longitude: float) -> float:
    to = np.array([latitude]), np.array([longitude])
    return float(distance(place.latitude, place.longitude, *to)[0])


def _number(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text} is no number of degrees or metres")
    return number


def _point(text: str) -> tuple[float, float]:
    longitude, latitude = map(_number, text.split(","))
    return longitude, latitude


def _between(longitude: float, west: float, east: float) -> bool:
    """A box whose west lies east of its east crosses the antimeridian."""
    if west <= east:
        return west <= longitude <= east
    return longitude >= west or longitude <= east


def _polygon(corners: list[tuple[float, float]]) -> Inside:
    if not 3 <= len(corners) <= CORNERS_MAX:
        raise ValueError(f"a polygon has 3 to {CORNERS_MAX} corners")
    edges = list(pairwise([*corners, corners[0]]))

    def inside(d: Deployment) -> bool:
        crossed = 0
        for (x, y), (u, v) in edges:
            if (y > d.latitude) != (v > d.latitude):
                crossed += d.longitude < x + (d.latitude - y) / (v - y) * (u - x)
        return crossed % 2 == 1

    return inside
