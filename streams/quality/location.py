"""Location: a position that cannot be, or that is not where the device was put.

Source: QARTOD, test "location" (required). Distances are great circles on a sphere with the mean
radius of the Earth (IUGG), half a percent off the ellipsoid at most.
"""

import numpy as np
from pydantic import Field, model_validator

from streams.quality import (
    FAIL,
    GOOD,
    LONGEST,
    MISSING,
    SUSPECT,
    UNKNOWN,
    Columns,
    Flags,
    Floats,
    Numbers,
    Params,
    QualityTest,
    micros,
    number,
)

RADIUS = 6_371_008.8
"""Metres."""


class Location(Params):
    """``place`` is (latitude, longitude) in degrees WGS 84; ``radius`` and ``jump`` in metres.

    Further than ``radius`` from the place, or than ``jump`` from the position before it within
    ``max_gap`` seconds, is suspect.
    """

    place: tuple[float, float] | None = None
    radius: float = Field(100.0, gt=0)
    jump: float | None = Field(None, gt=0)
    max_gap: float = Field(86_400.0, gt=0, le=LONGEST)

    @model_validator(mode="after")
    def _on_earth(self) -> "Location":
        if self.place and (abs(self.place[0]) > 90 or abs(self.place[1]) > 180):
            raise ValueError("location: place must be [latitude, longitude] in degrees")
        return self


def distance(lat: Floats, lon: Floats, to_lat: Floats, to_lon: Floats) -> Floats:
    """Metres between positions in degrees (haversine)."""
    a, b, c, d = (np.radians(degrees) for degrees in (lat, lon, to_lat, to_lon))
    half = np.sin((c - a) / 2) ** 2 + np.cos(a) * np.cos(c) * np.sin((d - b) / 2) ** 2
    return np.asarray(2 * RADIUS * np.arcsin(np.sqrt(np.minimum(half, 1.0))), np.float64)


def _look_back(params: Location) -> int:
    return micros(params.max_gap) if params.jump else 0


def _away(columns: Columns, params: Location) -> Floats:
    """Metres from the place where it was put, NaN where none is declared."""
    lat, lon = columns.sibling("latitude"), columns.sibling("longitude")
    if not params.place:
        return np.full(len(lat), np.nan)
    here = np.full(len(lat), params.place[0]), np.full(len(lat), params.place[1])
    return distance(lat, lon, *here)


def _moved(columns: Columns, params: Location) -> Floats:
    """Metres from the position before it, NaN where that is too long ago or nobody asks."""
    lat, lon = columns.sibling("latitude"), columns.sibling("longitude")
    found = np.full(len(lat), np.nan)
    if params.jump and len(lat):
        found[1:] = distance(lat[1:], lon[1:], lat[:-1], lon[:-1])
        found[1:][np.diff(columns.time) > micros(params.max_gap)] = np.nan
    return found


def _check(columns: Columns, params: Location) -> Flags:
    lat, lon = columns.sibling("latitude"), columns.sibling("longitude")
    flags = np.full(len(lat), GOOD, np.uint8)
    flags[_away(columns, params) > params.radius] = SUSPECT
    if params.jump:
        flags[_moved(columns, params) > params.jump] = SUSPECT
    flags[(np.abs(lat) > 90) | (np.abs(lon) > 180)] = FAIL
    flags[np.isnan(lat) != np.isnan(lon)] = FAIL
    flags[np.isnan(lat) & np.isnan(lon)] = UNKNOWN
    flags[np.isnan(columns.value)] = MISSING
    return flags


def _explain(columns: Columns, params: Location, i: int) -> Numbers:
    lat, lon = (number(columns.sibling(name)[i]) for name in ("latitude", "longitude"))
    away, moved = _away(columns, params)[i], _moved(columns, params)[i]
    far = {"away_m": number(away), "moved_m": number(moved)}
    return {"latitude": lat, "longitude": lon} | far


LOCATION = QualityTest(
    "location",
    Location,
    _check,
    look_back=_look_back,
    inputs=lambda _: ("latitude", "longitude"),
    explain=_explain,
)
