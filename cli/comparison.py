"""Where the pairs of ``vigie calibration`` come from: the store, and what is declared."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from streams.fit.pairs import Pairs
    from streams.inventory import Device, Property, Session
    from streams.registry import Registry
    from streams.settings import Settings

LONGEST = 86_400_000_000
"""Microseconds of an interval in which somebody counted."""


@dataclass(frozen=True)
class Asked:
    """What to compare: a series of a device with another device, or with sessions."""

    device: str | None = None
    observed: str | None = None
    channel: str = ""
    reference: str | None = None
    sessions: tuple[str, ...] = ()
    since: str | None = None
    until: str | None = None
    within: float | None = None
    hourly: bool = False
    raw: bool = False
    home: Path | None = None

    @property
    def stored(self) -> bool:
        """Whether the pairs come from the store, not from standard input."""
        return self.reference is not None or bool(self.sessions)


@dataclass(frozen=True)
class Compared:
    """The pairs, and what a record says of them; ``counted`` are the seconds of the intervals of
    counts, None where no counts are compared."""

    pairs: "Pairs"
    described: dict[str, Any]
    counted: float | None = None


def compared(asked: Asked) -> Compared:
    """The pairs of the store.

    Raises:
        Skip: there are too few, or their kind cannot be compared.
        Stop: something is not declared, or nothing is stored.
    """
    from cli.load import load
    from streams.declare import registered
    from streams.schema_registry import connect

    settings = load(home=asked.home)
    known = registered(settings, connect(settings))
    of_sessions = [_declared(known, "session", name) for name in asked.sessions]
    if of_sessions:
        return _with_sessions(settings, known, asked, of_sessions)
    return _with_device(settings, known, asked)


def _with_device(settings: "Settings", known: "Registry", asked: Asked) -> Compared:
    from streams.fit.track import Track, hourly, side_by_side

    sensor, reference, prop = _named(known, asked)
    since, until = instant("--from", asked.since), instant("--to", asked.until)
    key = (prop.id, asked.channel)
    periods = sensor.nominal_period, reference.nominal_period
    tracks: list[Track] = [
        _read(settings, sensor.id, key, since, until, raw=asked.raw),
        _read(settings, reference.id, (prop.id, ""), since, until),
    ]
    within = asked.within if asked.within is not None else min(periods) / 2
    if asked.hourly:
        both = zip(tracks, periods, strict=True)
        tracks, within = [hourly(t, prop.kind, period) for t, period in both], 0.0
    pairs = side_by_side(tracks[0], tracks[1], within)
    span = {"from": _rfc3339(since), "to": _rfc3339(until)}
    of = {"method": "reference", "reference": f"device {reference.id}"}
    counted = 3600.0 if prop.kind == "count" and asked.hourly else None
    return Compared(pairs, _described(sensor.id, key) | span | of, counted)


def _named(known: "Registry", asked: Asked) -> "tuple[Device, Device, Property]":
    if asked.device is None or asked.observed is None:
        raise typer.BadParameter("--reference wants --device and --property beside it")
    return (
        _declared(known, "device", asked.device),
        _declared(known, "device", asked.reference or ""),
        _declared(known, "property", asked.observed),
    )


def _with_sessions(
    settings: "Settings", known: "Registry", asked: Asked, sessions: "Sequence[Session]"
) -> Compared:
    from streams.fit.track import with_readings

    first = sessions[0]
    series = {(s.device, s.property, s.channel, s.kind) for s in sessions}
    if len(series) > 1:
        raise typer.BadParameter("the sessions are not of one series and one kind")
    device: Device = _declared(known, "device", first.device)
    prop: Property = _declared(known, "property", first.property)
    period, key = device.nominal_period, (first.property, first.channel)
    since, until = min(s.since for s in sessions), max(s.until for s in sessions)
    margin = round(2 * period * 1_000_000)
    readings = sorted((r for s in sessions for r in s.readings), key=lambda r: r.since)
    track = _read(settings, device.id, key, since - margin, until + margin, raw=asked.raw)
    within = asked.within if asked.within is not None else period / 2
    pairs = with_readings(track, readings, prop.kind, period, within)
    said = sorted({s.instrument or s.who for s in sessions})
    of = {
        "from": _rfc3339(since),
        "to": _rfc3339(until),
        "method": first.kind,
        "protocol": first.protocol,
        "reference": ", ".join(said),
    }
    counted = _interval(readings) if first.kind == "manual_count" else None
    return Compared(pairs, _described(device.id, key) | of, counted)


def _interval(readings: Sequence[Any]) -> float:
    """Seconds of the intervals that were counted.

    Raises:
        Stop: they are of different lengths.
    """
    from streams.errors import Stop

    lengths = {r.until - r.since for r in readings}
    if len(lengths) != 1 or max(lengths) > LONGEST:
        raise Stop("the intervals of the session are not of one length: give each from and to")
    return float(max(lengths) / 1e6)


def _read(
    settings: "Settings", device: str, key: tuple[str, str], since: int, until: int, **how: bool
) -> Any:
    from connectors.store.client import connect
    from connectors.store.series import usable

    return usable(connect(settings), device, key, since, until, **how)


def _declared(known: "Registry", kind: str, name: str) -> Any:
    from streams.errors import Stop

    found = known.get(kind, name)
    if found is None:
        raise Stop(f"{kind} {name!r} is not declared: `vigie registry show` counts what is")
    return found


def _described(device: str, key: tuple[str, str]) -> dict[str, Any]:
    channel = {"channel": key[1]} if key[1] else {}
    return {"device": device, "property": key[0], **channel}


def instant(option: str, text: str | None) -> int:
    """UTC microseconds of an option that says a time."""
    from streams.inventory import micros

    if text is None:
        raise typer.BadParameter(f"{option} is needed: a time such as 2026-03-01T00:00:00Z")
    try:
        return micros(datetime.fromisoformat(text))
    except ValueError as e:
        raise typer.BadParameter(f"{option}: {e}") from None


def _rfc3339(at: int) -> str:
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=at)).isoformat()
