"""Kerlink Wanesy Management Center, from 3.0: its push of ``dataUp`` and ``dataDownEvent``.

What it pushes about a downlink has no time, and names a device in some versions only.

Source: Kerlink's wiki of WMC 3, "API guide", "Push API".
"""

from collections.abc import Mapping, Sequence
from typing import Any

from connectors import json_fields as fields
from connectors import places
from connectors.named_device import named
from connectors.shared_secret import authentic
from streams.errors import Skip
from streams.uplinks import UNTIMED, Event, Network, Radio


def events(body: bytes, query: Mapping[str, str]) -> Sequence[Event]:
    """The one event of a push.

    A frame that a gateway kept until it could send it (``delayed``) was observed when the gateway
    received it. Where there is no ``id``, DevEUI, device address and counter tell frames apart.

    Raises:
        Skip: ``not_json``, ``unknown_event``, ``no_device``, ``no_time``, ``malformed``.
    """
    message = fields.message(body)
    if "dataDownId" in message:
        return (_down(message),)
    if "endDevice" not in message:
        raise Skip("unknown_event", "neither a dataUp nor a dataDownEvent of Wanesy")
    device = fields.dev_eui(fields.within(message, "endDevice", "devEui"))
    session = fields.text(fields.within(message, "endDevice", "devAddr"))
    # Both spellings of the counter are pushed.
    counter = fields.integer(message.get("fCntUp", message.get("fcntUp")), "fCntUp", 0xFFFFFFFF)
    dedup = fields.text(message.get("id"))
    if dedup is None and counter is None:
        raise Skip("malformed", "a dataUp without id and fCntUp cannot be told from a copy")
    encrypted = message.get("encrypted") is True
    payload = _payload(message)
    event = Event(
        "uplink",
        device,
        dedup or f"{device}/{session or ''}/{counter}",
        _observed_at(message),
        port=fields.integer(message.get("fPort"), "fPort", 255),
        counter=counter,
        session=session,
        payload=None if encrypted else payload,
        encrypted=encrypted,
        radio=_radio(message),
        details=_of_frame(message),
    )
    return (event,)


def _down(message: Mapping[str, Any]) -> Event:
    named = fields.within(message, "endDevice", "devEui")
    if named is None:
        raise Skip("no_device", "this dataDownEvent names no device: push dataUp only")
    device = fields.dev_eui(named)
    item, state = str(message["dataDownId"]), fields.text(message.get("status"))
    details = fields.told(
        event="dataDownEvent",
        type=message.get("event"),
        status=state,
        queue_item=item,
        attempts=fields.whole(message.get("nbAttempts"), 0xFFFFFFFF),
    )
    dedup = f"{device}/{item}/{details.get('type')}/{state}/{details.get('attempts')}"
    return Event("ack", device, dedup, UNTIMED, details=details)


def _of_frame(message: Mapping[str, Any]) -> dict[str, Any]:
    delayed = True if message.get("delayed") is True else None
    receptions = fields.objects(message.get("gwInfo"))
    return fields.told(delayed=delayed) | places.gateways(
        (fields.text(r.get("gwEui")), _place(r)) for r in receptions
    )


def _place(reception: Mapping[str, Any]) -> dict[str, Any]:
    altitude = fields.number(reception.get("altitude"))
    return places.place(reception.get("latitude"), reception.get("longitude"), altitude=altitude)


def _observed_at(message: Mapping[str, Any]) -> int:
    if message.get("delayed") is True and message.get("gwRecvTime") is not None:
        return fields.epoch_millis(message["gwRecvTime"], "gwRecvTime")
    return fields.epoch_millis(message.get("recvTime"), "recvTime")


def _payload(message: Mapping[str, Any]) -> bytes | None:
    """Hexadecimal unless it is declared to be base64; never guessed from the text."""
    encoding = message.get("encodingType")
    if encoding is None or encoding == "HEXA":
        return fields.hex_bytes(message.get("payload"), "payload")
    if encoding == "BASE64":
        return fields.base64_bytes(message.get("payload"), "payload")
    raise Skip("malformed", "encodingType must be HEXA or BASE64")


def _radio(message: Mapping[str, Any]) -> Radio | None:
    receptions = list(fields.objects(message.get("gwInfo")))
    names = (fields.text(r.get("gwEui")) for r in receptions)
    megahertz = fields.number(message.get("ulFrequency"))
    found = Radio(
        tuple(dict.fromkeys(name for name in names if name)),
        fields.most(fields.number(r.get("rssi")) for r in receptions),
        fields.most(fields.number(r.get("snr")) for r in receptions),
        fields.spreading_factor(message.get("dataRate")),
        None if megahertz is None else fields.whole(megahertz * 1e6 + 0.5, 10**11),
    )
    return None if found == Radio() else found


KERLINK = Network("kerlink", authentic, events, device=named("devEui"))
