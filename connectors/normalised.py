"""What a network server's request says, as lines of JSON for scripts; pure.

One object an event, whatever the network; a refusal is an object too, so that every request
leaves at least one.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from connectors import rfc3339
from streams.errors import Skip
from streams.inventory import Source
from streams.uplinks import UNTIMED, Event, Network, Radio, frame_id

Line = Mapping[str, Any]


def lines(
    network: Network, source: Source | None, body: bytes, query: Mapping[str, str]
) -> list[Line]:
    """The events of a request in their order, or why there are none; never empty.

    ``observed_at`` is RFC 3339, UTC, with six decimals, null where the arrival is the only
    time there is; ``event_id`` is the same for every copy of a message; ``payload`` is hexadecimal,
    None where there is none or where it is encrypted; ``measures`` and ``details`` are there where
    the event has any.
    """
    try:
        events = network.reader(source)(body, query)
    except Skip as why:
        return [refused(why)]
    if not events:
        return [refused(Skip("no_event", "the request is well formed and says nothing"))]
    return [refused(e) if isinstance(e, Skip) else _line(network.name, e) for e in events]


def refused(why: Skip) -> Line:
    """The line of a request, or of an event, that cannot be used."""
    return {"kind": "refused", "reason": why.reason, "message": str(why)}


def _line(network: str, event: Event) -> Line:
    try:
        observed_at = None if event.observed_at == UNTIMED else rfc3339.text(event.observed_at)
    except ValueError as e:
        return refused(Skip("no_time", str(e)))
    return {
        "kind": event.kind,
        "device_id": event.device,
        "f_port": event.port,
        "f_cnt": event.counter,
        "payload": None if event.payload is None else event.payload.hex(),
        "observed_at": observed_at,
        "event_id": frame_id(network, event.dedup).hex(),
        "encrypted": event.encrypted,
        "decoded": _plain(event.decoded),
        "radio": asdict(event.radio or Radio()),
        **({"measures": _plain(event.measures)} if event.measures else {}),
        **({"details": _plain(event.details)} if event.details else {}),
    }


def _plain(value: Mapping[str, Any] | None) -> Any:
    """A number too large for a double was read as infinity, which JSON cannot say: null."""
    return json.loads(json.dumps(value and dict(value)), parse_constant=lambda _: None)
