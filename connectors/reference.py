"""A series of the store beside what it is compared with: another device's, or what people read or
counted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from clickhouse_connect.driver.client import Client

from connectors.store.series import usable, usable_if_any
from streams.duration import DAY, SECOND
from streams.errors import Stop
from streams.fit.co_location import USUAL
from streams.fit.pairs import Pairs
from streams.fit.track import Track, at, hourly, side_by_side, with_readings
from streams.inventory import Device, Property, Session
from streams.inventory.fieldwork import Reading
from streams.quality.aligned import aligned
from streams.registry import Registry

LONGEST = DAY
"""Microseconds of an interval in which somebody counted."""

Span = tuple[int, int]
"""``[since, until)``, UTC microseconds."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Series:
    """What is compared; ``raw``: its values before they were calibrated. ``around`` are further
    properties of the device that are put beside it, by their column, as a calibration takes them:
    its usable values of the same channel, else of none, the nearest in time."""

    device: Device
    observed: Property
    channel: str = ""
    raw: bool = False
    around: Mapping[str, Property] = field(default_factory=dict)

    @property
    def described(self) -> dict[str, Any]:
        """As a record names it."""
        channel = {"channel": self.channel} if self.channel else {}
        return {"device": self.device.id, "property": self.observed.id, **channel}


@dataclass(frozen=True)
class Compared:
    """The pairs, and what a record says of them; ``counted`` are the seconds of the intervals of
    counts, None where no counts are compared. A property ``around`` of which the device has no
    usable value then is no column."""

    pairs: Pairs
    described: dict[str, Any]
    counted: float | None = None


def beside_device(
    store: Client,
    series: Series,
    reference: Device,
    span: Span,
    within: float | None = None,
    by_hour: bool = False,
) -> Compared:
    """With the same property of another device: values that are ``within`` seconds of each other
    (half the shorter nominal period, if None), or hours.

    Raises:
        Skip: there are too few, or their kind has no mean.
        Retry: ClickHouse does not answer.
        Stop: nothing usable is stored.
    """
    observed, periods = series.observed, (series.device.nominal_period, reference.nominal_period)
    tracks = [
        usable(store, series.device.id, (observed.id, series.channel), *span, raw=series.raw),
        usable(store, reference.id, (observed.id, ""), *span),
    ]
    within = min(periods) / 2 if within is None else within
    others, tolerance = _around(store, series, span), USUAL.tolerance
    if by_hour:
        both = zip(tracks, periods, strict=True)
        tracks, within = [hourly(t, observed.kind, period) for t, period in both], 0.0
        others = {n: hourly(t, series.around[n].kind, periods[0]) for n, t in others.items()}
        tolerance = 0.0
    reach = round(tolerance * SECOND)
    columns = {n: aligned(tracks[0].time, t.time, t.value, reach) for n, t in others.items()}
    pairs = side_by_side(tracks[0], tracks[1], within, columns)
    of = {"method": "reference", "reference": f"device {reference.id}"}
    counted = 3600.0 if observed.kind == "count" and by_hour else None
    return Compared(pairs, series.described | _dates(span) | of, counted)


def sessions(registry: Registry, names: Sequence[str]) -> list[Session]:
    """Declared sessions of one series and one kind.

    Raises:
        Stop: one is not declared.
        ValueError: they are of several.
    """
    found: list[Session] = [declared(registry, "session", name) for name in names]
    if len({(s.device, s.property, s.channel, s.kind) for s in found}) > 1:
        raise ValueError("the sessions are not of one series and one kind")
    return found


def beside_sessions(
    store: Client, series: Series, held: Sequence[Session], within: float | None = None
) -> Compared:
    """With the readings of :func:`sessions` of it: of an instant the nearest value, ``within``
    seconds (half a nominal period, if None), of an interval what was measured in it.

    Raises:
        Skip: there are too few, or their kind has no mean.
        Retry: ClickHouse does not answer.
        Stop: nothing usable is stored, or counts are of intervals of several lengths.
    """
    period, observed = series.device.nominal_period, series.observed
    span = min(s.since for s in held), max(s.until for s in held)
    margin = round(2 * period * 1_000_000)
    readings = sorted((r for s in held for r in s.readings), key=lambda r: r.since)
    key, wider = (observed.id, series.channel), (span[0] - margin, span[1] + margin)
    track = usable(store, series.device.id, key, *wider, raw=series.raw)
    columns = {
        name: at(other, readings, series.around[name].kind, period, USUAL.tolerance)
        for name, other in _around(store, series, wider).items()
    }
    within = period / 2 if within is None else within
    pairs = with_readings(track, readings, observed.kind, period, within, columns)
    who = ", ".join(sorted({s.instrument or s.who for s in held}))
    of = {"method": held[0].kind, "protocol": held[0].protocol, "reference": who}
    counted = _interval(readings) if held[0].kind == "manual_count" else None
    return Compared(pairs, series.described | _dates(span) | of, counted)


def declared(registry: Registry, kind: str, name: str) -> Any:
    """An object of the inventory.

    Raises:
        Stop: there is none of that name.
    """
    found = registry.get(kind, name)
    if found is None:
        raise Stop(f"{kind} {name!r} is not declared: `vigie registry show` counts what is")
    return found


def _around(store: Client, series: Series, span: Span) -> dict[str, Track]:
    """The usable values of what is put beside a series, by column, as far as a calibration would
    look beyond the span."""
    found, reach = {}, round(USUAL.tolerance * SECOND)
    since, until = span[0] - reach, span[1] + reach
    for name, observed in series.around.items():
        for channel in dict.fromkeys((series.channel, "")):
            key = observed.id, channel
            track = usable_if_any(store, series.device.id, key, since, until)
            if len(track.time):
                found[name] = track
                break
    return found


def _interval(readings: Sequence[Reading]) -> float:
    """Seconds of the intervals that were counted.

    Raises:
        Stop: they are of different lengths.
    """
    lengths = {r.until - r.since for r in readings}
    if len(lengths) != 1 or max(lengths) > LONGEST:
        raise Stop("the intervals of the session are not of one length: give each from and to")
    return float(max(lengths) / 1e6)


def _dates(span: Span) -> dict[str, str]:
    since, until = ((_EPOCH + timedelta(microseconds=at)).isoformat() for at in span)
    return {"from": since, "to": until}
