"""A request's body, bounded in size and time, its content coding undone."""

import asyncio
import zlib
from collections.abc import AsyncIterator
from contextlib import suppress

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

_DRAIN_WITHIN = 1.0


async def received(chunks: AsyncIterator[bytes], most: int, within: float) -> bytes:
    """The whole body of at most ``most`` bytes, within ``within`` seconds.

    Raises:
        HTTPException: 413 or 408.
    """
    parts = bytearray()
    try:
        async with asyncio.timeout(within):
            async for chunk in chunks:
                parts += chunk
                if len(parts) > most:
                    raise too_large(most)
    except TimeoutError as e:
        raise HTTPException(408, f"the body was not complete within {within} s") from e
    return bytes(parts)


async def drain(chunks: AsyncIterator[bytes], most: int) -> None:
    """Let a client that is refused finish what it is sending, so that it reads our answer."""
    with suppress(TimeoutError, ClientDisconnect):
        async with asyncio.timeout(_DRAIN_WITHIN):
            async for chunk in chunks:
                most -= len(chunk)
                if most < 0:
                    return


def decoded(body: bytes, coding: str, most: int) -> bytes:
    """The body without its content coding (RFC 9110 section 8.4): gzip or none.

    Raises:
        HTTPException: 415 another coding, 413 it grows beyond ``most`` bytes, 400 it is broken.
    """
    if coding in ("", "identity"):
        return body
    if coding not in ("gzip", "x-gzip"):
        raise HTTPException(415, "the content coding is not read here: send gzip or none")
    inflate = zlib.decompressobj(wbits=31)
    try:
        plain = inflate.decompress(body, most + 1)
    except zlib.error as e:
        raise HTTPException(400, "the body is not the gzip that it claims to be") from e
    if len(plain) > most:
        raise too_large(most)
    if not inflate.eof or inflate.unused_data:
        raise HTTPException(400, "the body is not one whole gzip member")
    return plain


def too_large(most: int) -> HTTPException:
    """The refusal of a body."""
    return HTTPException(413, f"more than {most} bytes")
