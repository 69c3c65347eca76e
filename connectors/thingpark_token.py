"""The token by which ThingPark signs a request: it came from there, and it came just now.

``Token`` of the query is the SHA-256 of values of the body, of the query and of the key that both
sides know. It is no HMAC, and it covers neither radio nor positions nor the time of a frame: TLS
has to protect these. ThingPark X IoT Flow sends no token; such a request has to show the secret.

Source: Actility, thingpark-integrations, "Checking the integrity of messages received from the NS";
KPN's examples for ``DevEUI_downlink_Sent`` and ``DevEUI_location``. What a notification signs is
not published; it is taken to be what a location does.
"""

import hmac
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any

from connectors import rfc3339, shared_secret
from streams.bounded_json import loads
from streams.errors import Skip
from streams.uplinks import Request

AGE_MAX = 300_000_000
"""Microseconds between a request's own time and its arrival; beyond them it is a replay."""

_OF_BODY: Mapping[str, Sequence[str]] = {
    "DevEUI_uplink": ("CustomerID", "DevEUI", "FPort", "FCntUp", "payload_hex"),
    "DevEUI_downlink_Sent": ("CustomerID", "DevEUI", "FPort", "FCntDn"),
}
_OF_BODY_ELSE = ("CustomerID", "DevEUI")
_OF_QUERY = ("LrnDevEui", "LrnFPort", "LrnInfos", "AS_ID", "Time")


def authentic(request: Request, secret: str) -> bool:
    """Whether the token is that of this request, and the request of now.

    ``secret`` is the tunnel interface authentication key; it counts in lower case. A request
    without a token is admitted as by :func:`connectors.shared_secret.authentic`.
    """
    token = request.query.get("Token")
    if token is None:
        return shared_secret.authentic(request, secret)
    sent = sent_at(request.query)
    if not secret or sent is None or abs(request.at - sent) > AGE_MAX:
        return False
    try:
        signed = _of_body(request.body) + _of_query(request.query) + secret.lower()
    except Skip:
        return False
    expected = sha256(signed.encode("utf-8", "replace")).hexdigest()
    return hmac.compare_digest(token.lower().encode("utf-8", "replace"), expected.encode())


def sent_at(query: Mapping[str, str]) -> int | None:
    """The time of a request, UTC microseconds; None where its query has none."""
    try:
        return rfc3339.micros(_time(query))
    except ValueError:
        return None


def report(message: Any) -> tuple[str, Mapping[str, Any]]:
    """The name and the content of the one report that a body is.

    Raises:
        Skip: ``unknown_event``.
    """
    found = message.items() if isinstance(message, dict) else ()
    named = [(name, content) for name, content in found if name.startswith("DevEUI_")]
    if len(named) != 1 or not isinstance(named[0][1], dict):
        raise Skip(
            "unknown_event",
            "one object named DevEUI_… is expected: set sendRawDecodedFormat of the connection to "
            "false, for it drops all that tells devices and frames apart",
        )
    return named[0]


def _of_body(body: bytes) -> str:
    """The signed values as they are written: 7 and "7" are the same, 7 and 7.0 are not."""
    name, content = report(loads(body, number=str))
    values = (content.get(field) for field in _OF_BODY.get(name, _OF_BODY_ELSE))
    return "".join(value for value in values if isinstance(value, str))


def _of_query(query: Mapping[str, str]) -> str:
    said = {**query, "Time": _time(query)}
    return "&".join(f"{name}={said[name]}" for name in _OF_QUERY if name in said)


def _time(query: Mapping[str, str]) -> str:
    # The plus of an offset that was not escaped was read as a space.
    return query.get("Time", "").replace(" ", "+")
