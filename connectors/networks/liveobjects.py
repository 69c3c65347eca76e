"""Orange Live Objects: what an HTTP push action sends, with ``content`` and ``jsonPath`` empty.

A LoRa device has its payload in hexadecimal, beside what Live Objects decoded; a device of another
connector has the JSON that it sent, and its IMEI or its URN as identity. Gateways are counted, not
named.

Source: Live Objects, "Complete guide", "Message Data" and "HTTP push"; its OpenAPI, 2020.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from connectors import json_fields as fields
from connectors.shared_secret import authentic
from streams.errors import Skip
from streams.uplinks import Event, Kind, Network, Radio

_LORA = "urn:lo:nsid:lora:"
_IMEI = "urn:lo:nsid:imei:"


def events(body: bytes, query: Mapping[str, str]) -> Sequence[Event]:
    """The one event of a push.

    Raises:
        Skip: ``not_json``, ``unknown_event``, ``no_device``, ``no_time``, ``malformed``.
    """
    message = fields.message(body)
    metadata = fields.mapping(message.get("metadata"))
    value = fields.mapping(message.get("value"))
    if metadata is None or value is None:
        raise Skip(
            "unknown_event",
            "metadata and value of a data message are expected: leave content and jsonPath of the "
            "action empty",
        )
    urn = fields.text(metadata.get("source")) or fields.text(message.get("streamId")) or ""
    lora = fields.mapping(fields.within(metadata, "network", "lora"))
    observed_at = fields.instant(message.get("timestamp"), "timestamp")
    if lora is None and metadata.get("connector") != "lora" and not urn.startswith(_LORA):
        device = fields.own_id(urn.removeprefix(_IMEI), "metadata.source")
        dedup = fields.text(message.get("id")) or f"{device}/{observed_at}"
        return (Event("uplink", device, dedup, observed_at, decoded=value),)
    device = fields.dev_eui(fields.within(lora, "devEUI") or urn.removeprefix(_LORA))
    return (_lora(device, observed_at, fields.text(message.get("id")), lora or {}, value),)


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


LIVEOBJECTS = Network("liveobjects", authentic, events)
