"""A device's samples of an hour as a record of the state topic.

A chunk is packed columns: an uplink rewrites the one or two chunks that it changes. The first
byte is the format version; every version ever written stays readable. Since the third the rest is
an LZ4 block behind its length: much of a chunk is the same from row to row.
"""

import struct
from collections.abc import Sequence
from functools import lru_cache
from operator import itemgetter
from typing import Any, NamedTuple

import lz4.block
import numpy as np
from numpy.typing import NDArray

from streams.applicable import Key
from streams.device_state import HOUR, SENT, DeviceState, Series, nothing_sent, together
from streams.errors import Stop
from streams.samples import FRAME, ROW, Rows, no_frames

FORMAT = 3

TABLES = (ROW, SENT, SENT, SENT)
"""What a series consists of, in the order in which it is written."""

_WIDTHS = [table.itemsize for table in TABLES]

_PREFIX = b"chunk/"


def chunk_key(device: str, hour: int) -> bytes:
    """Under which key a device's chunk of an hour lies on the state topic."""
    return _PREFIX + f"{hour // HOUR}/{device}".encode()


def device_hour(key: bytes) -> tuple[str, int]:
    """The inverse of :func:`chunk_key`."""
    hour, _, device = key[len(_PREFIX) :].partition(b"/")
    return device.decode(), _instant(hour)


@lru_cache(maxsize=1024)
def _instant(hour: bytes) -> int:
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
    edges = np.array((hour, hour + HOUR))
    frames = _between(state.frames, edges)
    series = [(k, [_between(t, edges) for t in s.columns()]) for k, s in state.series.items()]
    told = sorted((of for of in series if any(map(len, of[1]))), key=itemgetter(0))
    if not (len(frames) or told):
        return None
    return bytes([FORMAT]) + bytes(lz4.block.compress(_plain(frames, told)))


def _between(table: NDArray[np.void], edges: NDArray[np.int64]) -> NDArray[np.void]:
    since, until = table["at"].searchsorted(edges).tolist()
    return table[since:until]


def _plain(
    frames: NDArray[np.void], series: Sequence[tuple[Key, Sequence[NDArray[np.void]]]]
) -> bytes:
    """A chunk as it is before it is compressed; series in the order of their names."""
    parts: list[Any] = [struct.pack("<HI", len(series), len(frames)), frames]
    for key, tables in series:
        parts += [names(key) + struct.pack("<4I", *map(len, tables)), *tables]
    return b"".join(parts)


@lru_cache(maxsize=4096)
def names(key: Key) -> bytes:
    """The names of a series, each behind its length."""
    return b"".join(struct.pack("<H", len(raw)) + raw for raw in map(str.encode, key))


def unpack(chunks: Sequence[bytes]) -> DeviceState:
    """A device's state from its chunks in time order.

    Raises:
        Stop: a chunk was written by a later version of vigie.
    """
    plain = [_opened(chunk) for chunk in chunks]
    if not plain:
        return DeviceState()
    layout = _layout(plain[0])
    if _alike(plain, layout):
        return _read(plain, layout)
    return together([_read([one], _layout(one)) for one in plain])


def _opened(chunk: bytes) -> bytes:
    """A chunk of any format as one of today's is before it is compressed."""
    if chunk[0] == FORMAT:
        return bytes(lz4.block.decompress(chunk[1:]))
    if chunk[0] == _PLAIN:
        return chunk[1:]
    if chunk[0] == _FIRST:
        return _of_the_first(chunk)
    raise Stop(f"state of format {chunk[0]}: this vigie reads {FORMAT}; start the later version")


class _Layout(NamedTuple):
    """Where things lie in a chunk: names and sizes are ``told`` in some places, the tables in
    others."""

    told: Sequence[slice]
    frames: slice
    series: Sequence[tuple[Key, Sequence[slice]]]


def _layout(plain: bytes) -> _Layout:
    count, size = struct.unpack_from("<HI", plain)
    told, place = [slice(0, 6)], 6 + size * FRAME.itemsize
    frames, series = slice(6, place), []
    for _ in range(count):
        key, since = names_at(plain, place)
        sizes = struct.unpack_from("<4I", plain, since)
        told.append(slice(place, since + 16))
        place, tables = since + 16, []
        for width, size in zip(_WIDTHS, sizes, strict=True):
            tables.append(slice(place, place + size * width))
            place += size * width
        series.append((key, tables))
    return _Layout(told, frames, series)


def names_at(plain: bytes, place: int) -> tuple[Key, int]:
    """The key of a series, and where the rest of it begins."""
    until = place
    for _ in range(2):
        until += 2 + int.from_bytes(plain[until : until + 2], "little")
    return _key(plain[place:until]), until


@lru_cache(maxsize=4096)
def _key(raw: bytes) -> Key:
    """The inverse of :func:`names`; one and the same for all devices."""
    size = 2 + int.from_bytes(raw[:2], "little")
    return raw[2:size].decode(), raw[size + 2 :].decode()


def _alike(plain: Sequence[bytes], layout: _Layout) -> bool:
    """Whether all hold as much of the same, as the hours of a device in good order do."""
    first, count = plain[0], len(plain)
    if list(map(len, plain)).count(len(first)) < count:
        return False
    return all([one[told] for one in plain].count(first[told]) == count for told in layout.told)


def _read(plain: Sequence[bytes], layout: _Layout) -> DeviceState:
    """What chunks of one layout hold: each table is cut out of all of them at once."""
    series = {
        key: Series(*(_table(plain, *of) for of in zip(tables, TABLES, strict=True)))
        for key, tables in layout.series
    }
    return DeviceState(series, frames=_table(plain, layout.frames, FRAME))


def _table(plain: Sequence[bytes], here: slice, dtype: np.dtype[np.void]) -> NDArray[np.void]:
    return np.frombuffer(bytearray().join([one[here] for one in plain]), dtype)


_FIRST, _PLAIN = 1, 2
"""The formats that are written no more: the first had neither frames nor the windows of an hour,
the second was not compressed."""

_ROW = np.dtype([(name, ROW[name]) for name in ROW.names or () if name not in ("size", "offset")])
"""The columns that a sample had in the first."""


def _of_the_first(chunk: bytes) -> bytes:
    (count,), place = struct.unpack_from("<H", chunk, 1), 3
    series = []
    for _ in range(count):
        key, place = names_at(chunk, place)
        sizes, tables = struct.unpack_from("<3I", chunk, place), []
        place += 12
        for dtype, size in zip((_ROW, SENT, SENT), sizes, strict=True):
            tables.append(np.frombuffer(chunk, dtype, size, place))
            place += tables[-1].nbytes
        series.append((key, [_widened(tables[0]), *tables[1:], nothing_sent()]))
    return _plain(no_frames(), series)


def _widened(rows: NDArray[np.void]) -> Rows:
    """Samples of today's columns; those that the first format had not are not known."""
    wide = np.zeros(len(rows), ROW)
    wide["size"], wide["offset"] = -1, np.nan
    for name in rows.dtype.names or ():
        wide[name] = rows[name]
    return wide
