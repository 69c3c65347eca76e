"""Where the pairs of ``vigie calibration`` come from: standard input, or the store."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from cli.calibration_choice import (
    Channel,
    DeviceName,
    Hourly,
    PropertyName,
    Reference,
    Sessions,
    Since,
    Until,
    Within,
)

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client

    from connectors.reference import Compared, Series
    from streams.fit.pairs import Pairs
    from streams.registry import Registry

MOST = 64 * 2**20
"""Bytes of standard input."""


@dataclass(frozen=True)
class Asked:
    """What to compare: a series of a device with another device, or with sessions."""

    device: DeviceName = None
    observed: PropertyName = None
    channel: Channel = ""
    reference: Reference = None
    session: Sessions = None
    since: Since = None
    until: Until = None
    within: Within = None
    hourly: Hourly = False

    @property
    def stored(self) -> bool:
        """Whether the pairs come from the store, not from standard input."""
        return self.reference is not None or bool(self.session)


@dataclass(frozen=True)
class How:
    """Of what is stored: ``raw`` values, before they were calibrated; ``around`` are other
    properties of the device to put beside it, by their column."""

    raw: bool = False
    around: Mapping[str, str] = field(default_factory=dict)


def compared(asked: Asked, home: Path | None, how: How) -> "Compared":
    """From the store, if that is asked, else from standard input.

    Raises:
        Skip: there are too few, their kind cannot be compared, or they cannot be read.
        Stop: something is not declared, or nothing is stored.
    """
    from connectors.reference import Compared

    return _stored(asked, home, how) if asked.stored else Compared(_given(), {})


def _stored(asked: Asked, home: Path | None, how: How) -> "Compared":
    from cli.load import load
    from connectors import reference
    from connectors.store.client import connect as connect_store
    from streams.declare import registered
    from streams.schema_registry import connect

    settings = load(home=home)
    known = registered(settings, connect(settings))
    if not asked.session:
        return _with_device(connect_store(settings), known, asked, how)
    try:
        held = reference.sessions(known, asked.session)
    except ValueError as e:
        raise typer.BadParameter(str(e)) from e
    first = held[0]
    series = _series(known, how, first.device, first.property, first.channel)
    return reference.beside_sessions(connect_store(settings), series, held, asked.within)


def _with_device(store: "Client", known: "Registry", asked: Asked, how: How) -> "Compared":
    from connectors.reference import beside_device, declared

    if asked.device is None or asked.observed is None:
        raise typer.BadParameter("--reference wants --device and --property beside it")
    series = _series(known, how, asked.device, asked.observed, asked.channel)
    other = declared(known, "device", asked.reference or "")
    span = instant("--from", asked.since), instant("--to", asked.until)
    return beside_device(store, series, other, span, asked.within, asked.hourly)


def _series(known: "Registry", how: How, device: str, name: str, channel: str) -> "Series":
    from connectors.reference import Series, declared

    of = declared(known, "device", device), declared(known, "property", name)
    around = {n: found for n, p in how.around.items() if (found := known.get("property", p))}
    return Series(*of, channel, how.raw, around)


def _given() -> "Pairs":
    """What stands on standard input.

    Raises:
        Skip: it is no CSV of pairs, or too much.
    """
    import io

    from streams.errors import Skip
    from streams.fit.pairs import read

    given = sys.stdin.buffer.read(MOST + 1)
    if len(given) > MOST:
        raise Skip("bad_csv", f"more than {MOST >> 20} MiB: take means of an hour, or of a day")
    return read(io.StringIO(given.decode("utf-8", "replace"), newline=""))


def instant(option: str, text: str | None) -> int:
    """UTC microseconds of an option that says a time."""
    from streams.inventory import micros

    if text is None:
        raise typer.BadParameter(f"{option} is needed: a time such as 2026-03-01T00:00:00Z")
    try:
        return micros(datetime.fromisoformat(text))
    except ValueError as e:
        raise typer.BadParameter(f"{option}: {e}") from None
