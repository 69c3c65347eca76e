"""Whether a record holds something that is erased. Pure.

A record that can be read is judged by the devices and the times that it says. What cannot be read
is searched for the device's id as text in any notation and as bytes, and its time is that of its
arrival: rather too much goes than too little.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from streams.alerts.alert import DEVICE
from streams.duration import DAY
from streams.erasures import Span, left
from streams.errors import Skip
from streams.handler import Record
from streams.registry import Registry
from streams.uplinks import Event, Network
from streams.wire import Wire

_EUI = re.compile(r"[0-9A-Fa-f]{16}")
_TIME = {"Observation": "observed_at", "DeviceEvent": "observed_at", "Window": "start"}


@dataclass(frozen=True)
class Concern:
    """Something erased is in a record; ``others`` are the devices whose data it holds as well,
    ``wider`` says that it holds data of the erased ones at times that are not."""

    others: frozenset[str] = frozenset()
    wider: bool = False


@dataclass(frozen=True)
class Erased:
    """What is erased: the spans by device. ``requests`` are the ids of requests of which a value
    of its own time is erased, as their readings have shown."""

    spans: Mapping[str, Sequence[Span]]
    wire: Wire
    registry: Registry
    networks: Mapping[str, Network]
    requests: set[str] = field(default_factory=set)

    def __call__(self, record: Record) -> Concern | None:
        """Whether this record must go.

        Raises:
            Retry: a schema is needed and the registry is away.
        """
        try:
            name, content = self.wire.decode(record.value)
        except Skip:
            return self._unreadable(record, record.timestamp * 1000)
        if name == "Tick":
            return None
        if name == "Uplink":
            return self._uplink(record, content)
        return self._judged(name, content)

    def _judged(self, name: str, content: Mapping[str, Any]) -> Concern | None:
        if name == "Alert":
            return self._alert(content)
        gone = self.spans.get(content.get("device", ""))
        if not gone:
            return None
        if name == "Frame":
            rest = left(content, gone)
            if rest is not None and len(rest["measures"]) == len(content["measures"]):
                return None
            self.requests.add(content["request_id"])
            return Concern()
        if name == "Pending":
            first, last = content["day"] * DAY, content["day"] * DAY + DAY
            return Concern() if any(a <= first and last <= b for a, b in gone) else None
        at = content[_TIME[name]] if name in _TIME else None
        return Concern() if at is None or _within(gone, at) else None

    def _alert(self, content: Mapping[str, Any]) -> Concern | None:
        """An outage that covered a device tells no value of it, and stays."""
        gone = self.spans.get(content["subject"], ()) if content["subject_kind"] == DEVICE else ()
        return Concern() if _within(gone, content["opened_at"]) else None

    def _uplink(self, record: Record, content: Mapping[str, Any]) -> Concern | None:
        """A body goes as a whole: what is verbatim cannot be cut."""
        network = self.networks.get(content["network"])
        found: Sequence[Event | Skip] = ()
        readable = False
        with suppress(Skip):
            if network is not None:
                source = self.registry.get("source", content["source"])
                found = network.reader(source)(content["body"], content["query"])
                readable = not any(isinstance(e, Skip) for e in found)
        events = [e for e in found if isinstance(e, Event)]
        others = frozenset(e.device for e in events if e.device not in self.spans)
        inside = [
            _within(self.spans[e.device], e.met(content["arrival"]).observed_at)
            for e in events
            if e.device in self.spans
        ]
        if any(inside) or content["request_id"] in self.requests:
            return Concern(others, wider=not all(inside))
        return None if readable else self._unreadable(record, content["arrival"])

    def _unreadable(self, record: Record, at: int) -> Concern | None:
        parts = [record.key, record.value, *(value for _, value in record.headers)]
        text = b"\n".join(part for part in parts if part)
        for device, traces in self._traces.items():
            if _within(self.spans[device], at) and traces(text):
                return Concern()
        return None

    @cached_property
    def _traces(self) -> Mapping[str, Callable[[bytes], object]]:
        return {device: trace(device).search for device in self.spans}


def trace(device: str) -> "re.Pattern[bytes]":
    """Finds a device's id: as text in either case, a DevEUI also with separators and as bytes.

    Another id is a word of its own, for ``meter-7`` is not ``meter-71``: it does not stand between
    letters or digits, unless they belong to an escape of JSON or of a URL, or it is an Avro string.
    """
    if not _EUI.fullmatch(device):
        return _word(device.encode())
    pairs = [device[i : i + 2] for i in range(0, 16, 2)]
    raw = bytes.fromhex(device)
    text = b"[-:. ]?".join(pair.encode() for pair in pairs)
    return re.compile(b"(?i:%s)|%s|%s" % (text, re.escape(raw), re.escape(raw[::-1])), re.DOTALL)


def _word(text: bytes) -> "re.Pattern[bytes]":
    escaped = rb"(?<=\\[bfnrt])|(?<=\\u[0-9a-f]{4})|(?<=%[0-9a-f]{2})"
    word = rb"(?:(?<![0-9a-z])|%s)%s(?![0-9a-z])" % (escaped, re.escape(text))
    measured = re.escape(_avro_length(len(text)) + text)
    return re.compile(rb"%s|%s" % (word, measured), re.IGNORECASE)


def _avro_length(length: int) -> bytes:
    """What stands before a string of so many bytes: a zigzag varint (Avro 1.12, "Binary")."""
    rest, parts = length << 1, []
    while rest > 0x7F:
        parts.append(rest & 0x7F | 0x80)
        rest >>= 7
    return bytes([*parts, rest])


def _within(gone: Sequence[Span], at: int) -> bool:
    return any(since <= at < until for since, until in gone)
