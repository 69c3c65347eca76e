"""The secret that a network server sends in a header of its own or as a bearer token."""

import hmac
from collections.abc import Mapping

HEADER = "x-vigie-secret"


def authentic(headers: Mapping[str, str], secret: str) -> bool:
    """Whether ``X-Vigie-Secret`` or ``Authorization: Bearer`` (RFC 6750) carries the secret.

    Compared as bytes in constant time; an empty secret admits nobody. ``headers`` hold one
    character a byte, as ASGI servers give them; the sender must write the secret in UTF-8.
    """
    scheme, _, token = headers.get("authorization", "").partition(" ")
    bearer = token.strip() if scheme.lower() == "bearer" else ""
    shown = headers.get(HEADER, bearer).encode("latin-1", "replace")
    return bool(secret) and hmac.compare_digest(shown, secret.encode("utf-8", "replace"))
