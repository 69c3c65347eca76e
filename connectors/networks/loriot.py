"""LORIOT: its HTTP push, one message a frame and verbosity.

With full verbosity a frame comes as ``rx`` from the best gateway and again as ``gw`` with all of
them: the same frame, of which one counts. A frame without ``data`` has ``encdata``: LORIOT has no
AppSKey. Some platforms send LORIOT's message as a text within ``{"type": "D", "data": …}``.

Source: LORIOT documentation, "HTTP PUSH", "Uplink Data Message", "Downlink Data Message".
"""

from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any

from connectors import device_status, places
from connectors import json_fields as fields
from connectors.named_device import named
from connectors.shared_secret import authentic
from streams.duration import DAY
from streams.errors import Skip
from streams.uplinks import Event, Kind, Network, Radio

_KINDS: Mapping[str, Kind] = {"rx": "uplink", "gw": "uplink", "txd": "other"}


def events(body: bytes, query: Mapping[str, str]) -> Sequence[Event]:
    """The one event of a push; one of a name that is not known is kept as it is.

    Not every message names its session, and a counter starts again at a rejoin: DevEUI, counter,
    port and payload tell frames apart within a UTC day.

    Raises:
        Skip: ``not_json``, ``unknown_event``, ``no_device``, ``no_time``, ``malformed``.
    """
    message = fields.message(body)
    inner = fields.text(message.get("data"))
    if "cmd" not in message and message.get("type") == "D" and inner:
        message = fields.message(inner.encode())
    name = fields.text(message.get("cmd"))
    if name is None:
        raise Skip("unknown_event", f"no cmd, such as {', '.join(_KINDS)}")
    kind = _KINDS.get(name, "other")
    device = fields.dev_eui(message.get("EUI"))
    observed_at = fields.epoch_millis(message.get("ts"), "ts")
    if kind != "uplink":
        dedup = f"{device}/{name}/{fields.text(str(message.get('seqdn')))}/{observed_at}"
        details = _sent(message) if name == "txd" else {"content": fields.plain(message)}
        return (Event(kind, device, dedup, observed_at, details={"event": name, **details}),)
    return (_uplink(device, observed_at, message),)


def _sent(message: Mapping[str, Any]) -> Mapping[str, Any]:
    return fields.told(
        counter_down=fields.whole(message.get("seqdn"), 0xFFFFFFFF),
        queue_item=message.get("seqq"),
        port=fields.whole(message.get("port"), 255),
        gateway=fields.text(message.get("gweui")),
    )


def _uplink(device: str, observed_at: int, message: Mapping[str, Any]) -> Event:
    counter = fields.integer(message.get("fcnt"), "fcnt", 0xFFFFFFFF)
    port = fields.integer(message.get("port"), "port", 255)
    payload = fields.hex_bytes(message.get("data"), "data")
    sealed = fields.hex_bytes(message.get("encdata"), "encdata") if payload is None else None
    content = sha256(payload or sealed or b"").hexdigest()
    return Event(
        "uplink",
        device,
        f"{device}/{observed_at // DAY}/{counter}/{port}/{content}",
        observed_at,
        port=port,
        counter=counter,
        session=fields.text(message.get("sessionKeyId")),
        payload=payload,
        encrypted=sealed is not None,
        radio=_radio(message),
        measures=device_status.measured(message.get("bat")),
        details=_of_frame(message),
    )


def _of_frame(message: Mapping[str, Any]) -> dict[str, Any]:
    receptions = fields.objects(message.get("gws"))
    return fields.told(offline=message.get("offline")) | places.gateways(
        (fields.text(r.get("gweui")), places.place(r.get("lat"), r.get("lon"))) for r in receptions
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


LORIOT = Network("loriot", authentic, events, device=named("EUI"))
