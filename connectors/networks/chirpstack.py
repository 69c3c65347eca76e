"""ChirpStack v4: the HTTP integration in JSON, also what Helium networks send.

The event's type is in the query only (``?event=up``). Fields of the integration are there even
when they are zero; those of the gateway (``rxInfo``, ``txInfo``) are left out then.

Source: ChirpStack documentation, "Integrations", "HTTP" and "Event types";
chirpstack, api/proto/integration/integration.proto, 2026-07.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from connectors import json_fields as fields
from connectors.shared_secret import authentic
from streams.errors import Skip
from streams.uplinks import Event, Kind, Network, Radio

_KINDS: Mapping[str, Kind] = {
    "up": "uplink",
    "join": "join",
    "status": "status",
    "ack": "ack",
    "txack": "other",
    "log": "error",
    "location": "location",
    "integration": "other",
}


def events(body: bytes, query: Mapping[str, str]) -> Sequence[Event]:
    """The one event of a request.

    Raises:
        Skip: ``not_json``, ``unknown_event``, ``no_device``, ``no_time``, ``malformed``.
    """
    name = query.get("event", "")
    if name not in _KINDS:
        raise Skip("unknown_event", f"?event={name[:40]!r} is none of {', '.join(_KINDS)}")
    message = fields.message(body)
    kind = _KINDS[name]
    device = fields.dev_eui(fields.within(message, "deviceInfo", "devEui"))
    observed_at = fields.instant(message.get("time"), "time")
    dedup = fields.text(message.get("deduplicationId"))
    session = fields.text(message.get("devAddr"))
    if kind != "uplink":
        key = dedup or f"{device}/{name}/{observed_at}"
        return (Event(kind, device, key, observed_at, session=session),)
    if dedup is None:
        raise Skip("malformed", "an uplink without deduplicationId cannot be told from a copy")
    return (_uplink(device, dedup, observed_at, session, message),)


def _uplink(
    device: str, dedup: str, observed_at: int, session: str | None, message: Mapping[str, Any]
) -> Event:
    encrypted = bool(message.get("joinServerContext"))
    payload = fields.base64_bytes(message.get("data"), "data")
    return Event(
        "uplink",
        device,
        dedup,
        observed_at,
        port=fields.integer(message.get("fPort"), "fPort", 255),
        counter=fields.integer(message.get("fCnt"), "fCnt", 0xFFFFFFFF, 0),
        session=session,
        payload=None if encrypted else payload,
        encrypted=encrypted,
        decoded=fields.mapping(message.get("object")),
        radio=_radio(message),
    )


def _radio(message: Mapping[str, Any]) -> Radio | None:
    receptions = list(fields.objects(message.get("rxInfo")))
    sent = fields.mapping(message.get("txInfo"))
    if not receptions and not sent:
        return None
    names = (fields.text(r.get("gatewayId")) for r in receptions)
    lora = fields.within(sent, "modulation", "lora")
    return Radio(
        tuple(dict.fromkeys(name for name in names if name)),
        fields.most(fields.number(r.get("rssi"), 0.0) for r in receptions),
        fields.most(fields.number(r.get("snr"), 0.0) for r in receptions),
        fields.whole(fields.within(lora, "spreadingFactor"), 12),
        fields.whole(fields.within(sent, "frequency"), 10**11),
    )


CHIRPSTACK = Network("chirpstack", authentic, events)
