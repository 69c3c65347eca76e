"""JSON of no known format, as the source's mapping describes it: NB-IoT, 3G, 4G, operators.

One body may hold several messages, of several devices: each is one event.

Source: RFC 8259 (JSON); the mapping is the source's own.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from hashlib import sha256
from json import dumps
from typing import Any

from connectors import json_fields as fields
from connectors.named_device import named
from connectors.shared_secret import authentic
from streams.bounded_json import loads
from streams.duration import DAY
from streams.errors import Skip
from streams.inventory import Source
from streams.inventory.sources import UplinkMapping
from streams.paths import MISSING, find, steps
from streams.uplinks import UNTIMED, Event, Events, Network, Radio

MESSAGES_MAX = 5_000
"""Of one body: to read it takes about a tenth of a second."""

_HERTZ = {"Hz": 1, "kHz": 1_000, "MHz": 1_000_000}
_ROOT = "$"
_NO_PATHS = {"encoding", "time_unit", "frequency_unit"}


_Place = Callable[[Any, Any], Any]
"""What a path leads to, in a body and one message of it; None where it leads to nothing."""


def events(body: bytes, query: Mapping[str, str]) -> Sequence[Event | Skip]:
    """Nothing can be read without a mapping.

    Raises:
        Skip: ``no_mapping``.
    """
    raise Skip(
        "no_mapping", "the source declares no mapping: where its JSON has device, payload and time"
    )


def mapped(source: Source) -> Events:
    """How the bodies of a source are read."""
    if source.mapping is None:
        return events
    said = source.mapping.model_dump(exclude_none=True, exclude=_NO_PATHS)
    places = {name: _place(path) for name, path in said.items()}
    return partial(_events, source.id, source.mapping, places)


def _place(path: str) -> _Place:
    first, _, rest = path.partition(".")
    of_body = first == _ROOT
    way = steps(rest if of_body else path)

    def led(body: Any, message: Any) -> Any:
        found = find(body if of_body else message, way)
        return None if found is MISSING else found

    return led


def _events(
    source: str,
    mapping: UplinkMapping,
    places: Mapping[str, _Place],
    body: bytes,
    query: Mapping[str, str],
) -> Sequence[Event | Skip]:
    whole = loads(body)
    found = places["each"](whole, whole)
    messages = found if isinstance(found, list) else [found]
    if found is None or not messages:
        raise Skip("malformed", f"there is no message at {mapping.each!r}")
    if len(messages) > MESSAGES_MAX:
        raise Skip("malformed", f"more than {MESSAGES_MAX} messages: send several bodies")
    return [
        _read(source, mapping, {name: place(whole, m) for name, place in places.items()}, number)
        for number, m in enumerate(messages)
    ]


def _read(
    source: str, mapping: UplinkMapping, said: Mapping[str, Any], number: int
) -> Event | Skip:
    try:
        return _event(source, mapping, said)
    except Skip as why:
        return Skip(why.reason, f"message {number}: {why}")


def _event(source: str, mapping: UplinkMapping, said: Mapping[str, Any]) -> Event:
    """One message, of what the paths lead to."""
    device = _device(said["device"])
    at = UNTIMED
    if mapping.time is not None:
        at = fields.epoch(said["time"], mapping.time, mapping.time_unit)
    payload = _payload(mapping, said.get("payload"))
    decoded = fields.mapping(said.get("decoded"))
    if payload is None and decoded is None:
        raise Skip("malformed", "neither a payload nor an object of values where they should be")
    counter = fields.integer(said.get("counter"), mapping.counter or "", 0xFFFFFFFF)
    session = _name(said.get("session"))
    content = sha256(payload or dumps(decoded, sort_keys=True).encode()).hexdigest()
    identity = _identity(_name(said.get("message_id")), session, counter, at, content)
    return Event(
        "uplink",
        device,
        f"{source}/{device}/{identity}",
        at,
        port=fields.integer(said.get("port"), mapping.port or "", 255),
        counter=counter,
        session=session,
        payload=payload,
        decoded=decoded,
        radio=_radio(mapping, said),
    )


def _identity(
    message: str | None, session: str | None, counter: int | None, at: int, content: str
) -> str:
    """What is the same for copies of a message and for nothing else.

    Its own id; else counter and content within its session, or within a UTC day where none is
    named, for a counter starts again; else time and content.
    """
    if message is not None:
        return f"id/{message}"
    if counter is not None:
        return f"{session or at // DAY}/{counter}/{content}"
    return f"{at}/{content}"


def _device(value: Any) -> str:
    """A DevEUI in its one form, else the source's own id; an IMEI may be a number."""
    return fields.device(_name(value), "what device leads to")


def _name(value: Any) -> str | None:
    """A text, or a whole number as one."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return fields.text(value)


def _payload(mapping: UplinkMapping, value: Any) -> bytes | None:
    name = mapping.payload or ""
    if mapping.encoding == "hex":
        return fields.hex_bytes(value, name)
    if mapping.encoding == "base64":
        return fields.base64_bytes(value, name)
    if value is not None and not isinstance(value, str):
        raise Skip("malformed", f"{name} is no text")
    return None if value is None else value.encode()


def _radio(mapping: UplinkMapping, said: Mapping[str, Any]) -> Radio | None:
    gateway = _name(said.get("gateway"))
    spreading = said.get("spreading_factor")
    hertz = fields.number(said.get("frequency"))
    found = Radio(
        (gateway,) if gateway else (),
        fields.number(said.get("rssi")),
        fields.number(said.get("snr")),
        fields.spreading_factor(spreading) or fields.whole(spreading, 12),
        fields.whole(
            None if hertz is None else hertz * _HERTZ[mapping.frequency_unit] + 0.5, 10**11
        ),
    )
    return None if found == Radio() else found


def _seems(source: Source, body: bytes) -> str | None:
    name = source.mapping.device.rpartition(".")[2] if source.mapping else "0"
    return None if name.isdecimal() else named(name)(source, body)


GENERIC = Network("generic", authentic, events, mapped, device=_seems)
