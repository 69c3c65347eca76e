"""A network that signs query and body, as small as one can be."""

import hmac
from hashlib import sha256

from streams.uplinks import Event, Network, Request

AGE_MAX = 300_000_000
"""Microseconds that a request may be away from its own time."""


def token(secret: str, at: int, body: bytes) -> str:
    """What its server would send."""
    return sha256(f"{at}\n{secret}\n".encode() + body).hexdigest()


def _authentic(request: Request, secret: str) -> bool:
    at = int(request.query.get("at", "0"))
    right = token(secret, at, request.body)
    return hmac.compare_digest(right, request.query.get("Token", "")) and (
        abs(request.at - at) <= AGE_MAX
    )


SIGNED = Network(
    "signed",
    _authentic,
    lambda body, _: (Event("uplink", body.decode(), "1", 0),),
    signed=True,
    credentials=frozenset({"token"}),
)
