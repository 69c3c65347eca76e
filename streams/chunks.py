"""A device's samples of an hour as a record of the state topic.

A chunk is packed columns: an uplink rewrites the one or two chunks that it changes. The first
byte is the format version; every version ever written stays readable. Since the third the rest is
an LZ4 block behind its length: much of a chunk is the same from row to row.
"""

import struct
from collections.abc import Iterator, Sequence
from functools import lru_cache

import lz4.block
import numpy as np
from numpy.typing import NDArray

from streams.applicable import Key
from streams.device_state import HOUR, SENT, DeviceState, Series
from streams.errors import Stop
from streams.samples import FRAME, ROW, Frames, Rows, no_frames

FORMAT = 3

_PREFIX = b"chunk/"


def chunk_key(device: str, hour: int) -> bytes:
    """Under which key a device's chunk of an hour lies on the state topic."""
    return _PREFIX + f"{hour // HOUR}/{device}".encode()


def device_hour(key: bytes) -> tuple[str, int]:
    """The inverse of :func:`chunk_key`."""
    hour, _, device = key.removeprefix(_PREFIX).decode().partition("/")
    return device, _instant(hour)


@lru_cache(maxsize=1024)
def _instant(hour: str) -> int:
    """One number for all devices: a worker holds millions of chunks of the same few hours."""
    return int(hour) * HOUR


def is_chunk(key: bytes) -> bool:
    """Whether a key of the state topic is a chunk's."""
    return key.startswith(_PREFIX)


def chunk_within(
    key: bytes, value: bytes | None, device: str, spans: Sequence[tuple[int, int]]
) -> bool:
    """Whether a record of the state topic tells what a device observed within one of the spans.

    A removal tells it where its whole hour lies in one.
    """
    if not is_chunk(key):
        return False
    of, hour = device_hour(key)
    if of != device:
        return False
    if value is None:
        return any(since <= hour and hour + HOUR <= until for since, until in spans)
    parts = [unpack([value]).within(*span) for span in spans]
    told = (len(s.rows) + len(s.observations) for part in parts for s in part.series.values())
    return any(told) or any(len(part.frames) for part in parts)


def pack(state: DeviceState, hour: int) -> bytes | None:
    """The chunk of an hour; None where the device has nothing in it."""
    part = state.within(hour, hour + HOUR)
    if not len(part):
        return None
    out = [struct.pack("<HI", len(part.series), len(part.frames)), part.frames.tobytes()]
    for key, series in part.series.items():
        for name in key:
            raw = name.encode()
            out.append(struct.pack("<H", len(raw)) + raw)
        tables = series.columns()
        out.append(struct.pack(_SIZES[FORMAT], *map(len, tables)))
        out += [table.tobytes() for table in tables]
    return bytes([FORMAT]) + bytes(lz4.block.compress(b"".join(out)))


def unpack(chunks: list[bytes]) -> DeviceState:
    """A device's state from its chunks in time order.

    Raises:
        Stop: a chunk was written by a later version of vigie.
    """
    parts: dict[Key, list[Series]] = {}
    frames = [no_frames()]
    for chunk in chunks:
        read = _Reader(chunk)
        frames.append(read.frames())
        for key, series in read.series():
            parts.setdefault(key, []).append(series)
    joined = {
        key: Series(*(np.concatenate(t) for t in zip(*(s.columns() for s in some), strict=True)))
        for key, some in parts.items()
    }
    return DeviceState(joined, frames=np.concatenate(frames))


_SIZES = {1: "<III", 2: "<IIII", 3: "<IIII"}
_FIRST = [name for name in ROW.names or () if name not in ("size", "offset")]
_ROWS = {1: np.dtype([(name, ROW[name]) for name in _FIRST]), 2: ROW, 3: ROW}
"""By format: how many tables a series has, and the columns of its samples."""
_PLAIN = 2
"""The last format that was not compressed."""


class _Reader:
    """One chunk, from its first byte to its last."""

    def __init__(self, chunk: bytes) -> None:
        self._chunk, self._offset = chunk, 0
        (self._format,) = self._take("<B")
        if self._format not in _SIZES:
            raise Stop(
                f"state of format {self._format}: this vigie reads {FORMAT}; "
                "start the later version"
            )
        if self._format > _PLAIN:
            self._chunk, self._offset = lz4.block.decompress(memoryview(chunk)[1:]), 0
        (self._count,) = self._take("<H")

    def _take(self, layout: str) -> tuple[int, ...]:
        found = struct.unpack_from(layout, self._chunk, self._offset)
        self._offset += struct.calcsize(layout)
        return found

    def _table(self, dtype: np.dtype[np.void], size: int) -> NDArray[np.void]:
        table = np.frombuffer(self._chunk, dtype, size, self._offset)
        self._offset += size * dtype.itemsize
        return table

    def frames(self) -> Frames:
        """They come first; the first format had none."""
        return no_frames() if self._format == 1 else self._table(FRAME, *self._take("<I"))

    def series(self) -> Iterator[tuple[Key, Series]]:
        """One series after the other."""
        for _ in range(self._count):
            key = self._name(), self._name()
            sizes = self._take(_SIZES[self._format])
            rows = _widened(self._table(_ROWS[self._format], sizes[0]))
            yield key, Series(rows, *(self._table(SENT, size) for size in sizes[1:]))

    def _name(self) -> str:
        (size,) = self._take("<H")
        self._offset += size
        return self._chunk[self._offset - size : self._offset].decode()


def _widened(rows: NDArray[np.void]) -> Rows:
    """Samples of today's columns; those that a former format had not are not known."""
    if rows.dtype == ROW:
        return rows
    wide = np.zeros(len(rows), ROW)
    wide["size"], wide["offset"] = -1, np.nan
    for name in rows.dtype.names or ():
        wide[name] = rows[name]
    return wide
