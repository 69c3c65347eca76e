"""The Things Stack v3: webhooks in JSON.

Fields with a zero value are left out, so a missing counter, RSSI or SNR is 0. Nothing else is
certain to be there: the webhook's field mask may strip any field.

Source: The Things Stack documentation, "Webhooks", "Data Formats"; lorawan-stack,
api/messages.proto (ApplicationUp, ApplicationUplink), 2024-10.
"""

from collections.abc import Mapping, Sequence
from hashlib import sha256
from json import dumps
from typing import Any

from connectors import device_status, places
from connectors import json_fields as fields
from connectors.named_device import named
from connectors.shared_secret import authentic
from streams.errors import Skip
from streams.uplinks import Event, Kind, Network, Radio

_ENVELOPE = frozenset({"end_device_ids", "correlation_ids", "received_at", "simulated"})
_UPLINK, _NORMALIZED = "uplink_message", "uplink_normalized"
_KINDS: Mapping[str, Kind] = {
    _UPLINK: "uplink",
    _NORMALIZED: "uplink",
    "join_accept": "join",
    "downlink_ack": "ack",
    "downlink_nack": "ack",
    "downlink_sent": "other",
    "downlink_failed": "error",
    "downlink_queued": "other",
    "downlink_queue_invalidated": "error",
    "location_solved": "location",
    "service_data": "other",
}


def events(body: bytes, query: Mapping[str, str]) -> Sequence[Event]:
    """The one event of a webhook; one of a name that is not known is kept as it is.

    The deduplication key is DevEUI, session and counter: a counter starts again at a rejoin, a
    session does not come back. A message that its sender declares ``simulated`` is never data.

    Raises:
        Skip: ``not_json``, ``unknown_event``, ``no_device``, ``no_time``, ``malformed``.
    """
    message = fields.message(body)
    present = [name for name in message if name not in _ENVELOPE]
    known = [name for name in present if name in _KINDS] or present
    if len(known) != 1:
        raise Skip("unknown_event", f"one event of The Things Stack expected, found {known}"[:300])
    (name,) = known
    kind = "other" if message.get("simulated") is True else _KINDS.get(name, "other")
    content = message[name]
    device = fields.dev_eui(fields.within(message, "end_device_ids", "dev_eui"))
    received = fields.within(content, "received_at") or message.get("received_at")
    observed_at = fields.instant(received, "received_at")
    session = fields.text(fields.within(content, "session_key_id"))
    if kind == "uplink":
        read = _normalized if name == _NORMALIZED else _uplink
        return (read(device, observed_at, session, content),)
    dedup = f"{device}/{name}/{session or ''}/{observed_at}"
    details = fields.told(event=name) | _said(name, message, content)
    return (Event(kind, device, dedup, observed_at, session=session, details=details),)


def _said(name: str, message: Mapping[str, Any], content: Any) -> dict[str, Any]:
    """What an event says that is no uplink."""
    if message.get("simulated") is True:
        return {"simulated": True}
    if name == "join_accept":
        return fields.told(
            dev_addr=fields.within(message, "end_device_ids", "dev_addr"),
            join_eui=fields.within(message, "end_device_ids", "join_eui"),
            pending=fields.within(content, "pending_session"),
        )
    if name == "downlink_failed":
        failed = fields.within(content, "downlink")
        return _downlink(name, failed) | _failure(fields.within(content, "error"))
    if name in ("downlink_ack", "downlink_nack", "downlink_sent", "downlink_queued"):
        return _downlink(name, content)
    if name == "location_solved":
        service = fields.told(service=fields.within(content, "service"))
        return service | places.located(fields.within(content, "location"))
    return fields.told(content=content)


def _downlink(name: str, content: Any) -> dict[str, Any]:
    return fields.told(
        acknowledged={"downlink_ack": True, "downlink_nack": False}.get(name),
        counter_down=fields.whole(fields.within(content, "f_cnt") or 0, 0xFFFFFFFF),
        port=fields.whole(fields.within(content, "f_port"), 255),
        confirmed=fields.within(content, "confirmed"),
    )


def _failure(error: Any) -> dict[str, Any]:
    names = (fields.text(fields.within(error, name)) for name in ("namespace", "name"))
    return fields.told(
        code=":".join(name for name in names if name) or None,
        text=fields.text(fields.within(error, "message_format")),
        correlation=fields.text(fields.within(error, "correlation_id")),
    )


def _normalized(device: str, observed_at: int, session: str | None, content: Any) -> Event:
    """One measurement that a payload formatter made, without the payload."""
    decoded = fields.mapping(fields.within(content, "normalized_payload"))
    if decoded is None:
        raise Skip("malformed", "an uplink_normalized without a normalized_payload")
    counter = fields.integer(fields.within(content, "f_cnt"), "f_cnt", 0xFFFFFFFF, 0)
    said = sha256(dumps(decoded, sort_keys=True).encode()).hexdigest()
    return Event(
        "uplink",
        device,
        f"{device}/{session or f'@{observed_at}'}/{counter}/{said}",
        observed_at,
        port=fields.integer(fields.within(content, "f_port"), "f_port", 255),
        counter=counter,
        session=session,
        decoded=decoded,
        radio=_radio(content),
    )


def _uplink(device: str, observed_at: int, session: str | None, content: Any) -> Event:
    said = fields.mapping(content) or {}
    counter = fields.integer(said.get("f_cnt"), "f_cnt", 0xFFFFFFFF, 0)
    encrypted = bool(said.get("app_s_key"))
    payload = fields.base64_bytes(said.get("frm_payload"), "frm_payload")
    # Without a session the counter alone would make one frame of two; the server's own time of
    # reception is the same for every copy.
    identity = session or f"@{observed_at}"
    return Event(
        "uplink",
        device,
        f"{device}/{identity}/{counter}",
        observed_at,
        port=fields.integer(said.get("f_port"), "f_port", 255),
        counter=counter,
        session=session,
        payload=None if encrypted else payload,
        encrypted=encrypted,
        decoded=fields.mapping(said.get("decoded_payload")),
        radio=_radio(said),
        measures=device_status.percent(fields.within(said.get("last_battery_percentage"), "value")),
        details=_of_frame(said),
    )


def _of_frame(said: Mapping[str, Any]) -> dict[str, Any]:
    receptions = fields.objects(said.get("rx_metadata"))
    placed = [r for r in receptions if "location" in r]
    return places.gateways((_gateway(r), places.located(r["location"])) for r in placed)


def _gateway(reception: Mapping[str, Any]) -> str | None:
    ids = fields.mapping(reception.get("gateway_ids")) or {}
    return fields.text(ids.get("gateway_id")) or fields.text(ids.get("eui"))


def _radio(content: Any) -> Radio | None:
    said = fields.mapping(content) or {}
    receptions = list(fields.objects(said.get("rx_metadata")))
    settings = fields.mapping(said.get("settings"))
    if not receptions and not settings:
        return None
    names = [_gateway(r) for r in receptions]
    lora = fields.within(settings, "data_rate", "lora")
    return Radio(
        tuple(dict.fromkeys(name for name in names if name)),
        fields.most([fields.number(r.get("rssi"), 0.0) for r in receptions]),
        fields.most([fields.number(r.get("snr"), 0.0) for r in receptions]),
        fields.whole(fields.within(lora, "spreading_factor"), 12),
        fields.whole(fields.within(settings, "frequency"), 10**11),
    )


TTS = Network(
    "tts",
    authentic,
    events,
    credentials=frozenset({"x-downlink-apikey", "x-downlink-push", "x-downlink-replace"}),
    device=named("dev_eui"),
)
