"""ChirpStack v4: the HTTP integration in JSON, also what Helium networks send.

The event's type is in the query only (``?event=up``). Fields of the integration are there even
when they are zero; those of the gateway (``rxInfo``, ``txInfo``) are left out then. Helium writes
the place of a gateway as texts into its metadata.

Source: ChirpStack documentation, "Integrations", "HTTP" and "Event types";
chirpstack, api/proto/integration/integration.proto, 2026-07.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from connectors import device_status, places
from connectors import json_fields as fields
from connectors.named_device import named
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


_FIELDS: Mapping[str, Mapping[str, str]] = {
    "join": {"dev_addr": "devAddr"},
    "status": {
        "external_power": "externalPowerSource",
        "battery_unavailable": "batteryLevelUnavailable",
    },
    "ack": {
        "acknowledged": "acknowledged",
        "counter_down": "fCntDown",
        "queue_item": "queueItemId",
    },
    "txack": {
        "counter_down": "fCntDown",
        "queue_item": "queueItemId",
        "downlink": "downlinkId",
        "gateway": "gatewayId",
    },
    "log": {"level": "level", "code": "code", "text": "description", "context": "context"},
}
"""What is told of an event that is no uplink, and where ChirpStack says it."""


def events(body: bytes, query: Mapping[str, str]) -> Sequence[Event]:
    """The one event of a request; one of a name that is not known is kept as it is.

    Raises:
        Skip: ``not_json``, ``unknown_event``, ``no_device``, ``no_time``, ``malformed``.
    """
    name = query.get("event", "")
    if not name:
        raise Skip("unknown_event", f"no ?event= in the query, such as {', '.join(_KINDS)}")
    message = fields.message(body)
    kind = _KINDS.get(name, "other")
    device = fields.dev_eui(fields.within(message, "deviceInfo", "devEui"))
    observed_at = fields.instant(message.get("time"), "time")
    dedup = fields.text(message.get("deduplicationId"))
    session = fields.text(message.get("devAddr"))
    if kind != "uplink":
        # A status or an acknowledgement has the deduplicationId of the uplink that brought it.
        key = f"{device}/{name}/{dedup or observed_at}"
        return (_event(kind, name[:40], device, key, observed_at, session, message),)
    if dedup is None:
        raise Skip("malformed", "an uplink without deduplicationId cannot be told from a copy")
    return (_uplink(device, dedup, observed_at, session, message),)


def _event(
    kind: Kind,
    name: str,
    device: str,
    key: str,
    observed_at: int,
    session: str | None,
    message: Mapping[str, Any],
) -> Event:
    """An event that is no uplink."""
    return Event(
        kind,
        device,
        key,
        observed_at,
        session=session,
        measures=_status(message) if kind == "status" else {},
        details=fields.told(event=name) | _said(name, message),
    )


def _status(message: Mapping[str, Any]) -> dict[str, float]:
    """A battery's level only where there is a battery that the device knows of."""
    unknown = message.get("externalPowerSource") or message.get("batteryLevelUnavailable")
    return device_status.measured(margin=message.get("margin")) | (
        {} if unknown else device_status.percent(message.get("batteryLevel"))
    )


def _said(name: str, message: Mapping[str, Any]) -> dict[str, Any]:
    if name == "location":
        return places.located(message.get("location"))
    found = {field: message.get(path) for field, path in _FIELDS.get(name, {}).items()}
    if found:
        return fields.told(**found)
    return fields.told(content={k: v for k, v in message.items() if k != "deviceInfo"})


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
        details=_of_frame(message),
    )


def _of_frame(message: Mapping[str, Any]) -> dict[str, Any]:
    receptions = fields.objects(message.get("rxInfo"))
    return places.gateways((fields.text(r.get("gatewayId")), _gateway(r)) for r in receptions)


def _gateway(reception: Mapping[str, Any]) -> dict[str, Any]:
    helium = fields.mapping(reception.get("metadata")) or {}
    return places.located(reception.get("location")) or places.place(
        helium.get("gateway_lat"),
        helium.get("gateway_long"),
        name=fields.text(helium.get("gateway_name")),
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


CHIRPSTACK = Network("chirpstack", authentic, events, device=named("devEui"))
