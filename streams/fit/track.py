"""Two series side by side: of two devices, or of a device and what people read or counted.

What passed is counted over the device's own interval and told at its end: a count belongs to the
interval of a session that holds the middle of its own.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from streams.duration import HOUR, SECOND
from streams.errors import Skip
from streams.fit import Floats
from streams.fit.pairs import Pairs
from streams.inventory import NEVER
from streams.inventory.fieldwork import Reading
from streams.quality.aligned import aligned

COMPLETE = 0.75
"""Share of an interval that values must stand for, to make its mean: U.S. EPA, performance testing
protocols for air sensors."""

Instants = NDArray[np.int64]
NOTHING: Mapping[str, Floats] = MappingProxyType({})


@dataclass(frozen=True)
class Track:
    """Usable values in time order, ``time`` in UTC microseconds."""

    time: Instants
    value: Floats

    def within(self, since: int, until: int) -> Floats:
        """The values of ``[since, until)``."""
        first, last = np.searchsorted(self.time, (since, until))
        return self.value[first:last]


def _mean(x: Floats) -> float:
    return float(x.mean())


def _energetic(x: Floats) -> float:
    return float(10.0 * np.log10(np.power(10.0, x / 10.0).mean()))


def _total(x: Floats) -> float:
    return float(x.sum())


_COMBINED: Mapping[str, tuple[Callable[[Floats], float], float]] = {
    "instantaneous": (_mean, COMPLETE),
    "level": (_energetic, COMPLETE),
    "count": (_total, 1.0),
}
"""By kind of property how values of an interval become one, and how complete they must be."""


def combined(x: Floats, kind: str, share: float) -> float:
    """One value of an interval from those that were measured in it, NaN where they stand for too
    little of it: ``share`` is their number times the nominal period, over the interval.

    Raises:
        Skip: ``kind``: there is no such value of directions, states or indexes.
    """
    if kind not in _COMBINED:
        raise Skip("kind", f"a property of kind {kind} has no mean to compare")
    how, least = _COMBINED[kind]
    return how(x) if len(x) and share >= least - 1e-9 else np.nan


def hourly(track: Track, kind: str, period: float) -> Track:
    """The hours (UTC) that are complete enough; ``period`` is the nominal one, seconds.

    Raises:
        Skip: as :func:`combined`.
    """
    hours, first = np.unique(track.time - track.time % HOUR, return_index=True)
    parts = np.split(track.value, first[1:])
    values = np.array([combined(x, kind, len(x) * period / 3600) for x in parts], np.float64)
    kept = ~np.isnan(values)
    return Track(hours[kept], values[kept])


def side_by_side(
    sensor: Track, reference: Track, within: float, around: Mapping[str, Floats] = NOTHING
) -> Pairs:
    """Each value of the sensor with the reference's nearest, at most ``within`` seconds off; of
    two as near the earlier. ``around`` are further columns, one value for each of the sensor's.

    Raises:
        Skip: ``too_few``: there is no pair.
    """
    near = aligned(sensor.time, reference.time, reference.value, round(within * SECOND))
    columns = {"sensor": sensor.value, "reference": near, **around}
    return _paired(sensor.time, columns, f"within {within:g} s of each other")


def with_readings(
    sensor: Track,
    readings: Sequence[Reading],
    kind: str,
    period: float,
    within: float,
    around: Mapping[str, Floats] = NOTHING,
) -> Pairs:
    """The readings of a session as the reference, each with what the sensor said then (:func:`at`).
    ``around`` are further columns, one value for each reading.

    Raises:
        Skip: ``too_few``, or as :func:`combined`.
    """
    time = np.array([r.since for r in readings], np.int64)
    found = at(sensor, readings, kind, period, within)
    reference = np.array([r.value for r in readings], np.float64)
    columns = {"sensor": found, "reference": reference, **around}
    return _paired(time, columns, "at the times of the readings")


def at(
    track: Track, readings: Sequence[Reading], kind: str, period: float, within: float
) -> Floats:
    """What a series said when somebody read: of an instant the nearest value, at most ``within``
    seconds off, of an interval one combined of its values; NaN where there is none.

    Raises:
        Skip: as :func:`combined`.
    """
    time = np.array([r.since for r in readings], np.int64)
    found = aligned(time, track.time, track.value, round(within * SECOND))
    for i, reading in enumerate(readings):
        if reading.until != NEVER:
            found[i] = _over(track, reading, kind, period)
    return found


def _over(sensor: Track, reading: Reading, kind: str, period: float) -> float:
    if kind == "index":
        return _growth(sensor, reading, period)
    back = round(period * SECOND / 2) if kind == "count" else 0
    x = sensor.within(reading.since + back, reading.until + back)
    lasts = (reading.until - reading.since) / SECOND
    return combined(x, kind, len(x) * period / lasts)


def _growth(sensor: Track, reading: Reading, period: float) -> float:
    """By how much an index grew; NaN where it was not read near both ends, or went back."""
    ends = np.array([reading.since, reading.until], np.int64)
    first, last = aligned(ends, sensor.time, sensor.value, round(period * SECOND))
    return float(last - first) if last >= first else np.nan


def _paired(time: Instants, columns: Mapping[str, Floats], where: str) -> Pairs:
    """Where both sensor and reference have a value."""
    kept = ~np.isnan(columns["sensor"]) & ~np.isnan(columns["reference"])
    if not kept.any():
        raise Skip("too_few", f"sensor and reference have no values {where}")
    return Pairs({name: column[kept] for name, column in columns.items()}, time[kept])
