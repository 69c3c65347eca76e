"""Dead letters: the message byte for byte, and beside it why and where it could not be used.

The header names follow Kafka Connect's dead letter queue (``__connect.errors.*``) under our own
prefix. Key, value and the headers that came are the sender's and are never touched: ours are
appended, so that of a letter that dies twice the last header of a name is the latest.

Source: Apache Kafka, KIP-298 "Error Handling in Connect".
"""

from collections.abc import Iterable

PREFIX = "vigie.errors."
MESSAGE_MAX = 1000
"""Characters kept of a message: it may quote what came from outside."""


def headers(
    topic: str, partition: int, offset: int, stage: str, reason: str, message: str
) -> list[tuple[str, bytes]]:
    """The headers to append to those of the message.

    ``topic``, ``partition`` and ``offset`` are where it was read; ``stage`` is who gave up
    (``decode``, ``observe``, ``sink``); ``reason`` the stable code of the Skip.
    """
    fields = {
        "topic": topic,
        "partition": str(partition),
        "offset": str(offset),
        "stage": stage,
        "reason": reason,
        "message": message[:MESSAGE_MAX],
    }
    return [(PREFIX + name, text.encode("utf-8", "replace")) for name, text in fields.items()]


def said(received: Iterable[tuple[str, bytes | None]] | None) -> dict[str, str]:
    """Our headers of a dead letter by their short name; the last one of a name counts."""
    return {
        name.removeprefix(PREFIX): (value or b"").decode("utf-8", "replace")
        for name, value in received or ()
        if name.startswith(PREFIX)
    }
