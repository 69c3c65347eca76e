"""LORIOT: its HTTP push, one message a frame and verbosity.

With full verbosity a frame comes as ``rx`` from the best gateway and again as ``gw`` with all of
them: the same frame, of which one counts. A frame without ``data`` has ``encdata``: LORIOT has no
AppSKey. Some platforms send LORIOT's message as a text within ``{"type": "D", "data": …}``.

Source: LORIOT documentation, "HTTP PUSH", "Uplink Data Message", "Downlink Data Message".
"""

from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any

from connectors import json_fields as fields
from connectors.shared_secret import authentic
from streams.errors import Skip
from streams.uplinks import Event, Kind, Network, Radio

_KINDS: Mapping[str, Kind] = {"rx": "uplink", "gw": "uplink", "txd": "other"}
_DAY = 86_400_000_000


def events(body: bytes, query: Mapping[str, str]) -> Sequence[Event]:
    """The one event of a push.

    No session is named, and a counter starts again at a rejoin: DevEUI, counter, port and payload
    tell frames apart within a UTC day.

    Raises:
        Skip: ``not_json``, ``unknown_event``, ``no_device``, ``no_time``, ``malformed``.
    """
    message = fields.message(body)
    inner = fields.text(message.get("data"))
    if "cmd" not in message and message.get("type") == "D" and inner:
        message = fields.message(inner.encode())
    kind = _KINDS.get(fields.text(message.get("cmd")) or "")
    if kind is None:
        raise Skip("unknown_event", f"cmd is none of {', '.join(_KINDS)}")
    device = fields.dev_eui(message.get("EUI"))
    observed_at = fields.epoch_millis(message.get("ts"), "ts")
    if kind != "uplink":
        dedup = f"{device}/{message['cmd']}/{message.get('seqdn')}/{observed_at}"
        return (Event(kind, device, dedup, observed_at),)
    return (_uplink(device, observed_at, message),)


def _uplink(device: str, observed_at: int, message: Mapping[str, Any]) -> Event:
    counter = fields.integer(message.get("fcnt"), "fcnt", 0xFFFFFFFF)
    port = fields.integer(message.get("port"), "port", 255)
    payload = fields.hex_bytes(message.get("data"), "data")
    sealed = fields.hex_bytes(message.get("encdata"), "encdata") if payload is None else None
    content = sha256(payload or sealed or b"").hexdigest()
    return Event(
        "uplink",
        device,
        f"{device}/{observed_at // _DAY}/{counter}/{port}/{content}",
        observed_at,
        port=port,
        counter=counter,
        payload=payload,
        encrypted=sealed is not None,
        radio=_radio(message),
    )


def _radio(message: Mapping[str, Any]) -> Radio | None:
    receptions = list(fields.objects(message.get("gws"))) or [message]
    names = (fields.text(r.get("gweui")) for r in receptions)
    found = Radio(
        tuple(dict.fromkeys(name for name in names if name)),
        fields.most(fields.number(r.get("rssi")) for r in receptions),
        fields.most(fields.number(r.get("snr")) for r in receptions),
        fields.spreading_factor(message.get("dr")),
        fields.whole(message.get("freq"), 10**11),
    )
    return None if found == Radio() else found


LORIOT = Network("loriot", authentic, events)
