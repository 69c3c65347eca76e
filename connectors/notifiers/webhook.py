"""A POST of JSON, signed, with a key by which the receiver knows a repeated one.

Sources: RFC 2104 (HMAC); IETF draft "The Idempotency-Key HTTP Header Field".
"""

import asyncio
import hashlib
import hmac
import json

import httpx
import stamina

from connectors.notifiers import DELIVERY, Destination, Notifier, Transition
from streams.errors import Retry, Skip

CALL = 10.0
"""Seconds for a connection, and for each part of an answer."""

ATTEMPTS = 3
_LATER = frozenset({408, 425, 429})


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """What ``Vigie-Signature`` says: HMAC-SHA256 of the timestamp, a dot and the body."""
    of = timestamp.encode() + b"." + body
    return "sha256=" + hmac.new(secret.encode(), of, hashlib.sha256).hexdigest()


def _send(transition: Transition, to: Destination) -> str:
    body = json.dumps(transition.body(), ensure_ascii=False).encode()
    timestamp = str(to.now // 1_000_000)
    headers = {
        "Content-Type": "application/json",
        "Idempotency-Key": transition.key,
        "Vigie-Timestamp": timestamp,
    }
    if to.declared.secret and not to.secret:
        raise Retry(f"the secret {to.declared.secret} is nowhere: set it, or write its file")
    if to.secret:
        headers["Vigie-Signature"] = signature(to.secret, timestamp, body)
    return asyncio.run(_delivered(to.declared.where, body, headers))


async def _delivered(where: str, body: bytes, headers: dict[str, str]) -> str:
    """As often as is needed, all of it by one deadline."""
    ends = asyncio.get_running_loop().time() + DELIVERY
    async for attempt in stamina.retry_context(on=Retry, attempts=ATTEMPTS, timeout=20.0):
        with attempt:
            return await _post(where, body, headers, ends)
    raise AssertionError("a retry context ends in a result or an error")


async def _post(where: str, body: bytes, headers: dict[str, str], ends: float) -> str:
    """One request; of the answer only its status is read, and no redirection is followed."""
    try:
        async with (
            asyncio.timeout_at(ends),
            httpx.AsyncClient(timeout=CALL) as client,
            client.stream("POST", where, content=body, headers=headers) as answer,
        ):
            status = answer.status_code
    except (httpx.ConnectError, httpx.ConnectTimeout) as e:
        raise Retry(f"{where} cannot be reached: {e}") from e
    except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as e:
        raise Skip("in_doubt", f"{where} gave no answer ({e!r}): it may have been taken") from e
    if status in _LATER or status >= httpx.codes.INTERNAL_SERVER_ERROR:
        raise Retry(f"{where} answers {status}")
    if not httpx.codes.is_success(status):
        raise Skip("refused", f"{where} answers {status}: correct the address or the secret")
    return f"answered {status}"


WEBHOOK = Notifier("webhook", _send)
