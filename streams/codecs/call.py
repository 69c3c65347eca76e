"""One call of a codec and what came of it: data, whatever runs it."""

from dataclasses import dataclass
from typing import Any, Literal

Reason = Literal[
    "codec_throws",
    "codec_timeout",
    "codec_memory",
    "codec_output",
    "codec_syntax",
    "codec_crash",
]


@dataclass(frozen=True, slots=True)
class Call:
    """One frame for one codec; ``at`` is its time, UTC microseconds (``recvTime``).

    The codec is a JavaScript ``script``, or the one in ``python`` that has this name.
    """

    script: str
    port: int | None
    payload: bytes
    at: int
    python: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a codec made of a frame.

    ``data`` with ``reason`` None is a success. ``errors`` without a ``reason`` are those that the
    codec itself reports (TS013: then there is no data); with a ``reason`` they say what happened.
    """

    data: dict[str, Any] | None = None
    warnings: tuple[str, ...] = ()
    errors: tuple[str, ...] = ()
    reason: Reason | None = None
