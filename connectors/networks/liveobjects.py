"""Orange Live Objects: what an HTTP push action sends, with ``content`` and ``jsonPath`` empty.

A LoRa device has its payload in hexadecimal, beside what Live Objects decoded; a device of another
connector has the JSON that it sent, and its IMEI or its URN as identity. Gateways are counted, not
named.

Source: Live Objects, "Complete guide", "Message Data" and "HTTP push"; its OpenAPI, 2020.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from hashlib import sha256
from json import dumps
from typing import Any

from connectors import json_fields as fields
from connectors import places
from connectors.named_device import named
from connectors.shared_secret import authentic
from streams.errors import Skip
from streams.uplinks import UNTIMED, Event, Kind, Network, Radio

_LORA = "urn:lo:nsid:lora:"
_IMEI = "urn:lo:nsid:imei:"
_URN = "urn:lo:nsid:"


def events(body: bytes, query: Mapping[str, str]) -> Sequence[Event]:
    """The one event of a push.

    What names a device and has no ``value`` is no data message; it is kept as it is.

    Raises:
        Skip: ``not_json``, ``unknown_event``, ``no_device``, ``no_time``, ``malformed``.
    """
    message = fields.message(body)
    metadata = fields.mapping(message.get("metadata"))
    value = fields.mapping(message.get("value"))
    stream = fields.text(message.get("streamId")) or ""
    urn = fields.text(fields.within(metadata, "source")) or stream
    if "value" not in message and urn.startswith(_URN):
        return (_other(urn, message),)
    if metadata is None or value is None:
        raise Skip(
            "unknown_event",
            "metadata and value of a data message are expected: leave content and jsonPath of the "
            "action empty",
        )
    lora = fields.mapping(fields.within(metadata, "network", "lora"))
    observed_at = fields.instant(message.get("timestamp"), "timestamp")
    details = _of_message(message)
    if lora is None and metadata.get("connector") != "lora" and not urn.startswith(_LORA):
        device = fields.own_id(urn.removeprefix(_IMEI), "metadata.source")
        dedup = fields.text(message.get("id")) or f"{device}/{observed_at}"
        return (Event("uplink", device, dedup, observed_at, decoded=value, details=details),)
    device = fields.dev_eui(fields.within(lora, "devEUI") or urn.removeprefix(_LORA))
    event = _lora(device, observed_at, fields.text(message.get("id")), lora or {}, value)
    return (replace(event, details={**event.details, **details}),)


def _other(urn: str, message: Mapping[str, Any]) -> Event:
    device = (
        fields.dev_eui(urn.removeprefix(_LORA))
        if urn.startswith(_LORA)
        else fields.own_id(urn.removeprefix(_IMEI), "streamId")
    )
    at = message.get("timestamp")
    observed_at = UNTIMED if at is None else fields.instant(at, "timestamp")
    content = fields.told(content=message)
    said = fields.text(message.get("id")) or sha256(dumps(content).encode()).hexdigest()
    return Event("other", device, f"{device}/{observed_at}/{said}", observed_at, details=content)


def _of_message(message: Mapping[str, Any]) -> dict[str, Any]:
    """Where the device is said to be: an accuracy of 10,000 m is a guess of the network."""
    found = fields.mapping(message.get("location")) or {}
    where = places.place(
        found.get("lat"),
        found.get("lon"),
        altitude=fields.number(found.get("alt")),
        accuracy=fields.number(found.get("accuracy")),
        source=fields.text(found.get("provider")),
    )
    return {"location": where} if where else {}


def _lora(
    device: str,
    observed_at: int,
    dedup: str | None,
    lora: Mapping[str, Any],
    value: Mapping[str, Any],
) -> Event:
    counter = fields.integer(lora.get("fcnt"), "fcnt", 0xFFFFFFFF)
    return Event(
        _kind(lora.get("messageType")),
        device,
        dedup or f"{device}/{'' if counter is None else counter}/{observed_at}",
        observed_at,
        port=fields.integer(lora.get("port"), "port", 255),
        counter=counter,
        payload=fields.hex_bytes(value.get("payload"), "payload"),
        decoded={name: item for name, item in value.items() if name != "payload"} or None,
        radio=_radio(lora),
        details=fields.told(
            event=fields.text(lora.get("messageType")),
            acknowledged=True if lora.get("ack") is True else None,
        ),
    )


def _kind(message_type: Any) -> Kind:
    name = fields.text(message_type) or "DATA_UP"
    if name.endswith("DATA_UP"):
        return "uplink"
    return "join" if "JOIN" in name else "other"


def _radio(lora: Mapping[str, Any]) -> Radio | None:
    found = Radio(
        rssi=fields.number(lora.get("rssi")),
        snr=fields.number(lora.get("snr")),
        spreading_factor=fields.whole(lora.get("sf"), 12),
    )
    return None if found == Radio() else found


LIVEOBJECTS = Network(
    "liveobjects", authentic, events, device=named("streamId", "(?:urn:lo:nsid:(?:lora|imei):)?")
)
