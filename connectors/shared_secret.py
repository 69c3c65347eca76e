"""The secret that a network server sends in a header of its own, as a bearer token or as Basic."""

import base64
import binascii
import hmac
from collections.abc import Mapping

from streams.uplinks import Request

HEADER = "x-vigie-secret"


def authentic(request: Request, secret: str) -> bool:
    """Whether the request shows the secret: in ``X-Vigie-Secret``, else in ``Authorization`` as
    ``Bearer`` (RFC 6750) or as ``Basic`` (RFC 7617).

    With Basic the secret is the password, whatever the user's name; a secret that contains a
    colon is ``user:password``. Compared as bytes in constant time; an empty secret admits nobody.
    Headers hold one character a byte, as ASGI servers give them; the sender must write the secret
    in UTF-8.
    """
    if HEADER in request.headers:
        return in_own_header(request, secret)
    return _same(_authorization(request.headers, secret), secret)


def in_own_header(request: Request, secret: str) -> bool:
    """Whether the request shows the secret in ``X-Vigie-Secret``, compared as above."""
    return _same(request.headers.get(HEADER, "").encode("latin-1", "replace"), secret)


def _same(shown: bytes, secret: str) -> bool:
    return bool(secret) and hmac.compare_digest(shown, secret.encode("utf-8", "replace"))


def _authorization(headers: Mapping[str, str], secret: str) -> bytes:
    scheme, _, token = headers.get("authorization", "").partition(" ")
    shown = token.strip().encode("latin-1", "replace")
    if scheme.lower() == "bearer":
        return shown
    if scheme.lower() != "basic":
        return b""
    try:
        pair = base64.b64decode(shown, validate=True)
    except binascii.Error:
        return b""
    return pair if ":" in secret else pair.partition(b":")[2]
