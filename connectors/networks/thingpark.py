"""Actility ThingPark: the tunnel from LRC to application server, in JSON, typed or untyped.

ThingPark X IoT Flow sends the same bodies, with a join request as an uplink of message type 0 and
with what its driver decoded in ``payload``.

Source: docs.thingpark.com, "LoRaWAN tunnel interface", "Uplink message"; Actility,
thingpark-integrations, examples of message bodies.
"""

from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256
from typing import Any

from connectors import device_status, places, shared_secret
from connectors import json_fields as fields
from connectors.named_device import named
from connectors.thingpark_token import authentic, report, sent_at
from streams.uplinks import Event, Network, Radio

_JOIN_REQUEST = 0
_Reader = Callable[[str, str, int, Mapping[str, Any]], Event]


def events(body: bytes, query: Mapping[str, str]) -> Sequence[Event]:
    """The one event of a request.

    DevEUI, counter and message integrity code tell frames apart: the code depends on the keys of
    the session. Without them its time and payload tell a frame. A frame that came late has the
    time at which a gateway received it.

    Raises:
        Skip: ``not_json``, ``unknown_event``, ``no_device``, ``no_time``, ``malformed``.
    """
    name, content = report(fields.message(body))
    device = fields.dev_eui(content.get("DevEUI"))
    observed_at = fields.instant(content.get("Time"), f"{name}.Time")
    return (_READERS.get(name, _other)(name, device, observed_at, content),)


def _uplink(name: str, device: str, observed_at: int, content: Mapping[str, Any]) -> Event:
    if fields.integer(content.get("MType"), "MType", 7) == _JOIN_REQUEST:
        return _join(name, device, observed_at, content)
    counter = fields.integer(content.get("FCntUp"), "FCntUp", 0xFFFFFFFF)
    session = fields.text(content.get("DevAddr"))
    # A session key that comes along is sealed for another server: the payload is as well.
    encrypted = bool(content.get("AppSKey"))
    payload = fields.hex_bytes(content.get("payload_hex"), "payload_hex")
    return Event(
        "uplink",
        device,
        f"{device}/{_identity(counter, content, observed_at)}",
        observed_at,
        port=fields.integer(content.get("FPort"), "FPort", 255),
        counter=counter,
        session=session,
        payload=None if encrypted else payload,
        encrypted=encrypted,
        decoded=fields.mapping(content.get("payload")),
        radio=_radio(content),
        details=_of_frame(content),
    )


def _identity(counter: int | None, content: Mapping[str, Any], observed_at: int) -> str:
    code = fields.text(content.get("mic_hex")) or fields.text(content.get("DevAddr"))
    if counter is not None and code:
        return f"{counter}/{code.lower()}"
    return f"{observed_at}/{sha256(str(content.get('payload_hex')).encode()).hexdigest()}"


def _of_frame(content: Mapping[str, Any]) -> dict[str, Any]:
    best = places.place(content.get("LrrLAT"), content.get("LrrLON"))
    late = True if fields.whole(content.get("Late"), 1) == 1 else None
    return fields.told(late=late) | places.gateways([(fields.text(content.get("Lrrid")), best)])


def _radio(content: Mapping[str, Any]) -> Radio | None:
    listed = fields.within(content, "Lrrs", "Lrr")
    receptions = list(fields.objects(listed if isinstance(listed, list) else [listed])) or [content]
    names = (fields.text(r.get("Lrrid")) for r in receptions)
    megahertz = fields.number(content.get("Frequency"))
    found = Radio(
        tuple(dict.fromkeys(name for name in names if name)),
        fields.most(fields.number(r.get("LrrRSSI")) for r in receptions),
        fields.most(fields.number(r.get("LrrSNR")) for r in receptions),
        fields.whole(content.get("SpFact"), 12),
        None if megahertz is None else fields.whole(megahertz * 1e6 + 0.5, 10**11),
    )
    return None if found == Radio() else found


def _join(name: str, device: str, observed_at: int, content: Mapping[str, Any]) -> Event:
    session = fields.text(content.get("DevAddr"))
    details = fields.told(event=name, dev_addr=session, join_request=content.get("rawJoinRequest"))
    key = f"{device}/join/{observed_at}"
    return Event("join", device, key, observed_at, session=session, details=details)


def _sent(name: str, device: str, observed_at: int, content: Mapping[str, Any]) -> Event:
    status = fields.whole(content.get("DeliveryStatus"), 255)
    causes = {n: v for n, v in content.items() if n.startswith("DeliveryFailedCause") and v}
    details = fields.told(
        event=name,
        acknowledged=None if status is None else status == 1,
        counter_down=fields.whole(content.get("FCntDn"), 0xFFFFFFFF),
        port=fields.whole(content.get("FPort"), 255),
        gateway=fields.text(content.get("Lrrid")),
        causes=causes or None,
        correlation=fields.text(content.get("CorrelationID")),
    )
    key = f"{device}/sent/{details.get('counter_down')}/{observed_at}"
    return Event("ack", device, key, observed_at, details=details)


def _location(name: str, device: str, observed_at: int, content: Mapping[str, Any]) -> Event:
    details = fields.told(event=name, dev_loc_time=fields.text(content.get("DevLocTime"))) | (
        places.place(
            content.get("DevLAT"),
            content.get("DevLON"),
            altitude=fields.number(content.get("DevAlt")),
            accuracy=fields.number(content.get("DevAcc")),
            radius=fields.number(content.get("DevLocRadius")),
        )
    )
    return Event(
        "location", device, f"{device}/location/{observed_at}", observed_at, details=details
    )


def _notification(name: str, device: str, observed_at: int, content: Mapping[str, Any]) -> Event:
    said = content.get("Type")
    if said == "join":
        return _join(name, device, observed_at, content)
    first, second = content.get("Var1"), content.get("Var2")
    measures = device_status.measured(first, second) if said == "devstatusans" else {}
    details = fields.told(event=name, type=said, var1=first, var2=second)
    key = f"{device}/{said}/{observed_at}"
    return Event("status", device, key, observed_at, measures=measures, details=details)


def _other(name: str, device: str, observed_at: int, content: Mapping[str, Any]) -> Event:
    details = fields.told(event=name, content=content)
    return Event("other", device, f"{device}/{name}/{observed_at}", observed_at, details=details)


_READERS: Mapping[str, _Reader] = {
    "DevEUI_uplink": _uplink,
    "DevEUI_downlink_Sent": _sent,
    "DevEUI_location": _location,
    "DevEUI_notification": _notification,
}

THINGPARK = Network(
    "thingpark",
    authentic,
    events,
    signed=True,
    sent_at=sent_at,
    credentials=frozenset({"token", "authorization", shared_secret.HEADER}),
    device=named("DevEUI"),
)
