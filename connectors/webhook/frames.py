"""Uplinks framed in a file of the spool, so that damage to one costs no other; pure.

A frame is the segment's marker (8 bytes of chance), the length of its content and the CRC-32 of
both (4 bytes each, big-endian), and the content: milliseconds UTC (8 bytes), length of the key
(4 bytes), key, value. A reader that meets anything else goes on at the next whole frame. The
marker is unknown to whoever sends uplinks, so no body can pose as a frame.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from zlib import crc32

MARKER = 8
"""Bytes of a marker."""
_HEAD = struct.Struct(">II")
_LENGTH = struct.Struct(">I")
_CONTENT = struct.Struct(">qI")
_AROUND = MARKER + _HEAD.size + _CONTENT.size


@dataclass(frozen=True, slots=True)
class Spooled:
    """A record for Kafka; ``timestamp`` in milliseconds UTC."""

    key: bytes
    value: bytes
    timestamp: int

    @property
    def size(self) -> int:
        """Bytes of its frame."""
        return _AROUND + len(self.key) + len(self.value)


@dataclass(frozen=True, slots=True)
class Damaged:
    """Bytes that are no frame: a write that was never confirmed, or a disk that fails."""

    content: bytes


def framed(marker: bytes, record: Spooled) -> bytes:
    """The bytes of one record."""
    content = _CONTENT.pack(record.timestamp, len(record.key)) + record.key + record.value
    check = crc32(content, crc32(_LENGTH.pack(len(content))))
    return b"".join((marker, _HEAD.pack(len(content), check), content))


def read(segment: bytes, marker: bytes) -> Iterator[Spooled | Damaged]:
    """What a segment holds, in the order in which it was written."""
    at = 0
    while at < len(segment):
        end = _end(segment, marker, at)
        if end:
            yield _record(segment[at + MARKER + _HEAD.size : end])
        else:
            end = _next(segment, marker, at + 1)
            yield Damaged(segment[at:end])
        at = end


def _end(segment: bytes, marker: bytes, at: int) -> int:
    """Where the frame that begins here ends; 0 where none does."""
    start = at + MARKER + _HEAD.size
    if not segment.startswith(marker, at) or start > len(segment):
        return 0
    length, check = _HEAD.unpack_from(segment, at + MARKER)
    end = start + length
    if length < _CONTENT.size or end > len(segment):
        return 0
    found = crc32(memoryview(segment)[start:end], crc32(_LENGTH.pack(length)))
    return end if found == check else 0


def _next(segment: bytes, marker: bytes, at: int) -> int:
    while (at := segment.find(marker, at)) >= 0:
        if _end(segment, marker, at):
            return at
        at += 1
    return len(segment)


def _record(content: bytes) -> Spooled:
    timestamp, length = _CONTENT.unpack_from(content)
    key_end = _CONTENT.size + length
    return Spooled(content[_CONTENT.size : key_end], content[key_end:], timestamp)
