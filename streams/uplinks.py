"""What an uplink says, whatever network server sent it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, Literal

Kind = Literal["uplink", "join", "status", "ack", "location", "error", "other"]


@dataclass(frozen=True, slots=True)
class Radio:
    """Reception: RSSI in dBm, SNR in dB, frequency in Hz; None where the server says nothing."""

    gateways: tuple[str, ...] = ()
    rssi: float | None = None
    snr: float | None = None
    spreading_factor: int | None = None
    frequency: int | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """One message of one device in a request.

    ``device`` is the DevEUI in 16 upper-case hexadecimal digits or the source's own id;
    ``dedup`` the network server's deduplication key; ``observed_at`` the network server's time,
    UTC microseconds; ``payload`` None where there is none or where it is ``encrypted``;
    ``decoded`` the object that the server's own codec made.
    """

    kind: Kind
    device: str
    dedup: str
    observed_at: int
    port: int | None = None
    counter: int | None = None
    session: str | None = None
    payload: bytes | None = None
    encrypted: bool = False
    decoded: Mapping[str, Any] | None = None
    radio: Radio | None = None


@dataclass(frozen=True)
class Network:
    """A network server's format, pure.

    ``authentic(headers, secret)`` compares in constant time; ``headers`` has lower-case names.
    ``events(body, query)`` raises Skip on a body that it cannot read. ``credentials`` are the
    header names (lower case) that never leave the door. ``media`` are the content types it
    reads; another one is refused with 415.
    """

    name: str
    authentic: Callable[[Mapping[str, str], str], bool]
    events: Callable[[bytes, Mapping[str, str]], Sequence[Event]]
    credentials: frozenset[str] = frozenset()
    media: frozenset[str] = frozenset({"application/json"})


def frame_id(network: str, dedup: str) -> bytes:
    """16 bytes that are the same for every copy of a frame."""
    return blake2b(f"{network}\n{dedup}".encode(), digest_size=16).digest()
