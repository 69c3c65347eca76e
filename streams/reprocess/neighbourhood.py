"""Who stands near whom: what the test "neighbours" compares a device with.

A peer is another device of the same make and model within the test's ``radius``, for as long as
both stand there. What counts of it are the values that are usable without any test that looks at
others: so a verdict over one device never depends on that over another, and the order in which
devices are judged cannot matter. A run judges its peers itself, from the samples that it has.

Source: haversine formula, with the Earth's mean radius of 6,371,008.8 m (IUGG).
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from streams.chain import Track
from streams.inventory import Deployment
from streams.plan import SeriesPlan
from streams.quality import Floats, Instants, micros
from streams.quality.aligned import aligned
from streams.quality.neighbours import Neighbours
from streams.registry import Registry
from streams.segment import TESTS, Segment

EARTH = 6_371_008.8
"""Metres."""

_DEGREE = EARTH * np.pi / 180
"""Metres of a degree of latitude."""

Tracks = Callable[[str], Track | None]
"""The usable values of a device's series of the same property and channel."""


@dataclass(frozen=True)
class Beside:
    """A device that stands ``metres`` away in ``[since, until)``, UTC microseconds."""

    device: str
    metres: float
    since: int
    until: int


@dataclass(frozen=True)
class Neighbourhood:
    """The deployments of a registry."""

    registry: Registry

    @cached_property
    def _places(self) -> tuple[list[Deployment], Floats, Floats]:
        """From south to north, with latitudes and longitudes in degrees."""
        found = sorted(self.registry.all("deployment").values(), key=lambda d: (d.latitude, d.id))
        degrees = np.array([(d.latitude, d.longitude) for d in found]).reshape(-1, 2)
        return found, degrees[:, 0], degrees[:, 1]

    def beside(self, device: str, radius: float) -> list[Beside]:
        """The peers of a device within ``radius`` metres, in the order of their names."""
        return sorted(
            {
                Beside(other.device, metres, max(own.since, other.since), until)
                for own in self.registry.of("deployment", device)
                for other, metres in self._near(own, radius)
                if self._of_a_kind(device, other.device)
                and max(own.since, other.since) < (until := min(own.until, other.until))
            },
            key=lambda b: (b.device, b.since),
        )

    def _near(self, own: Deployment, radius: float) -> Iterable[tuple[Deployment, float]]:
        places, latitude, longitude = self._places
        band = radius / _DEGREE * (1 + 1e-9)
        here = slice(*np.searchsorted(latitude, (own.latitude - band, own.latitude + band)))
        metres = distance(own.latitude, own.longitude, latitude[here], longitude[here])
        for i in np.flatnonzero(metres <= radius).tolist():
            yield places[here.start + i], float(metres[i])

    def _of_a_kind(self, device: str, other: str) -> bool:
        one, two = (self.registry.get("device", name) for name in (device, other))
        if one is None or two is None or device == other:
            return False
        return (one.make, one.model) == (two.make, two.model)


def distance(
    latitude: float, longitude: float, to_latitude: Floats, to_longitude: Floats
) -> Floats:
    """Metres along great circles, from degrees."""
    p, q = np.radians(latitude), np.radians(to_latitude)
    east = np.sin(np.radians(to_longitude - longitude) / 2) ** 2
    half = np.sin((q - p) / 2) ** 2 + np.cos(p) * np.cos(q) * east
    return np.asarray(2 * EARTH * np.arcsin(np.sqrt(np.minimum(half, 1.0))))


def asked(segment: Segment) -> Neighbours | None:
    """With what parameters a segment compares with other devices; None where it does not."""
    of = (p for name, p in segment.tests.items() if TESTS[name].peers)
    return next((params for params in of if isinstance(params, Neighbours)), None)


def radius(plan: SeriesPlan) -> float:
    """How far away, in metres, the farthest device is that a series may be compared with; nought
    where it is compared with none."""
    found = (params.radius for segment in plan.segments if (params := asked(segment)))
    return max(found, default=0.0)


def peers(
    plan: SeriesPlan, beside: Iterable[Beside], tracks: Tracks
) -> Callable[[Instants], Mapping[str, Floats]]:
    """What :class:`streams.judge.Siblings` has as ``peers``: the values of each, brought to the
    instants of a series as its tests ask at that time, NaN where it is no peer then."""
    others = list(beside)

    def at(time: Instants) -> Mapping[str, Floats]:
        found: dict[str, Floats] = {}
        for segment in plan.segments:
            if (params := asked(segment)) is None:
                continue
            for other in others:
                here = _within(
                    time, max(segment.since, other.since), min(segment.until, other.until)
                )
                if other.metres > params.radius or here.start >= here.stop:
                    continue
                if (track := tracks(other.device)) is not None:
                    values = found.setdefault(other.device, np.full(len(time), np.nan))
                    values[here] = aligned(time[here], *track, micros(params.within))
        return found

    return at


def _within(time: NDArray[np.int64], since: int, until: int) -> slice:
    return slice(*np.searchsorted(time, (since, until)).tolist())
