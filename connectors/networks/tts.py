"""The Things Stack v3: webhooks in JSON.

Fields with a zero value are left out, so a missing counter, RSSI or SNR is 0. Nothing else is
certain to be there: the webhook's field mask may strip any field.

Source: The Things Stack documentation, "Webhooks", "Data Formats"; lorawan-stack,
api/messages.proto (ApplicationUp, ApplicationUplink), 2024-10.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from connectors import json_fields as fields
from connectors.shared_secret import authentic
from streams.errors import Skip
from streams.uplinks import Event, Kind, Network, Radio

_KINDS: Mapping[str, Kind] = {
    "uplink_message": "uplink",
    "uplink_normalized": "other",
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
    """The one event of a webhook.

    The deduplication key is DevEUI, session and counter: a counter starts again at a rejoin, a
    session does not come back. A message that its sender declares ``simulated`` is never data.

    Raises:
        Skip: ``not_json``, ``unknown_event``, ``no_device``, ``no_time``, ``malformed``.
    """
    message = fields.message(body)
    present = [name for name in _KINDS if name in message]
    if len(present) != 1:
        raise Skip("unknown_event", f"one event of The Things Stack expected, found {present}")
    (name,) = present
    kind = "other" if message.get("simulated") is True else _KINDS[name]
    content = message[name]
    device = fields.dev_eui(fields.within(message, "end_device_ids", "dev_eui"))
    received = fields.within(content, "received_at") or message.get("received_at")
    observed_at = fields.instant(received, "received_at")
    session = fields.text(fields.within(content, "session_key_id"))
    if kind != "uplink":
        dedup = f"{device}/{name}/{session or ''}/{observed_at}"
        return (Event(kind, device, dedup, observed_at, session=session),)
    return (_uplink(device, observed_at, session, content),)


def _uplink(device: str, observed_at: int, session: str | None, content: Any) -> Event:
    counter = fields.integer(fields.within(content, "f_cnt"), "f_cnt", 0xFFFFFFFF, 0)
    encrypted = bool(fields.within(content, "app_s_key"))
    payload = fields.base64_bytes(fields.within(content, "frm_payload"), "frm_payload")
    # Without a session the counter alone would make one frame of two; the server's own time of
    # reception is the same for every copy.
    identity = session or f"@{observed_at}"
    return Event(
        "uplink",
        device,
        f"{device}/{identity}/{counter}",
        observed_at,
        port=fields.integer(fields.within(content, "f_port"), "f_port", 255),
        counter=counter,
        session=session,
        payload=None if encrypted else payload,
        encrypted=encrypted,
        decoded=fields.mapping(fields.within(content, "decoded_payload")),
        radio=_radio(content),
    )


def _radio(content: Any) -> Radio | None:
    receptions = list(fields.objects(fields.within(content, "rx_metadata")))
    settings = fields.mapping(fields.within(content, "settings"))
    if not receptions and not settings:
        return None
    ids = [fields.mapping(r.get("gateway_ids")) or {} for r in receptions]
    names = (fields.text(i.get("gateway_id")) or fields.text(i.get("eui")) for i in ids)
    lora = fields.within(settings, "data_rate", "lora")
    return Radio(
        tuple(dict.fromkeys(name for name in names if name)),
        fields.most(fields.number(r.get("rssi"), 0.0) for r in receptions),
        fields.most(fields.number(r.get("snr"), 0.0) for r in receptions),
        fields.whole(fields.within(lora, "spreading_factor"), 12),
        fields.whole(fields.within(settings, "frequency"), 10**11),
    )


TTS = Network(
    "tts",
    authentic,
    events,
    credentials=frozenset({"x-downlink-apikey", "x-downlink-push", "x-downlink-replace"}),
)
