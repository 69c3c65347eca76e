"""What an uplink says, whatever network server sent it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from typing import Any, Literal

from streams.errors import Skip
from streams.inventory import Source

Kind = Literal["uplink", "join", "status", "ack", "location", "error", "other"]

UNTIMED = -(1 << 63)
"""The time of a message whose body gives none: that of its arrival, which a format cannot know."""


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
    UTC microseconds, or ``UNTIMED``; ``payload`` None where there is none or where it is
    ``encrypted``;
    ``decoded`` the object that the server's own codec made. ``measures`` is what the network
    server itself measures of the device, by property of the vocabulary and in its unit
    (``battery_level`` in %, ``link_margin`` in dB). ``details`` is whatever else an event that is
    no uplink says, fit for JSON.
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
    measures: Mapping[str, float] = field(default_factory=dict)
    details: Mapping[str, Any] = field(default_factory=dict)

    def met(self, arrival: int) -> "Event":
        """The event as it came: without a time of its own it has that of its arrival (UTC
        microseconds), and each arrival is a message of its own."""
        if self.observed_at != UNTIMED:
            return self
        return replace(self, observed_at=arrival, dedup=f"{self.dedup}/{arrival}")


@dataclass(frozen=True, slots=True)
class Request:
    """What authentication may look at: lower-case header names, the query as it was sent with its
    values decoded, the body as it came (decompressed), and the arrival, UTC microseconds."""

    headers: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    at: int = 0


Events = Callable[[bytes, Mapping[str, str]], Sequence[Event | Skip]]
"""The messages of a body with its query, in their order; a message that cannot be read is a Skip in
its place and costs its neighbours nothing."""


@dataclass(frozen=True)
class Network:
    """A network server's format, pure.

    ``authentic(request, secret)`` compares in constant time. ``signed`` says that it looks at
    query and body, so that it can be asked only when the body is there, and also of a file.
    ``events(body, query)`` raises Skip on a body that it cannot read; where the format is the
    source's own affair, ``mapped(source)`` gives the function. ``sent_at(query)`` is the time, UTC
    microseconds, that a signed request gives of itself. ``credentials`` are the header and
    query names (lower case) that never leave the door. ``media`` are the content types it reads;
    another one is refused with 415. ``device(source, body)`` is the device that a body seems to
    name, found at a glance: it chooses a partition and nothing else.
    """

    name: str
    authentic: Callable[[Request, str], bool]
    events: Events
    mapped: Callable[[Source], Events] | None = None
    signed: bool = False
    sent_at: Callable[[Mapping[str, str]], int | None] | None = None
    credentials: frozenset[str] = frozenset()
    media: frozenset[str] = frozenset({"application/json"})
    device: Callable[[Source, bytes], str | None] = lambda _source, _body: None

    def reader(self, source: Source | None) -> Events:
        """How bodies of a source are read."""
        return self.mapped(source) if self.mapped and source else self.events


def frame_id(network: str, dedup: str) -> bytes:
    """16 bytes that are the same for every copy of a frame."""
    return blake2b(f"{network}\n{dedup}".encode(), digest_size=16).digest()
