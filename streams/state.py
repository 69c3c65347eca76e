"""What a worker keeps of a partition: the samples of its devices, in chunks of an hour.

A chunk is packed columns: an uplink rewrites the one or two chunks that it changes. The first
byte is the format version; every version ever written stays readable. Since the third the rest is
an LZ4 block behind its length: much of a chunk is the same from row to row, and chunks that are
not unpacked stay in memory as they are.
"""

import struct
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

import lz4.block
import numpy as np
from numpy.typing import NDArray

from streams.applicable import Key
from streams.errors import Stop
from streams.samples import FRAME, ROW, Frames, Rows, no_frames, no_rows, rank, with_rows

HOUR = 3_600_000_000
FORMAT = 3
ROWS_MAX = 20_000
"""Rows of a device in an hour: a chunk must fit into a record of Kafka."""

_PREFIX = b"chunk/"

SENT = np.dtype([("at", "<i8"), ("revision", "<i8"), ("digest", "<u8")])
"""What was last said of a row: its revision and the digest of its content, 0 a tombstone."""

Sent = NDArray[np.void]


def nothing_sent() -> Sent:
    """An empty record of what was said."""
    return np.empty(0, SENT)


@dataclass
class Series:
    """The samples of one series, and what was last said of its observations, and of its windows
    of a quarter of an hour and of an hour."""

    rows: Rows = field(default_factory=no_rows)
    observations: Sent = field(default_factory=nothing_sent)
    windows: Sent = field(default_factory=nothing_sent)
    hours: Sent = field(default_factory=nothing_sent)

    def columns(self) -> tuple[NDArray[np.void], ...]:
        """The four tables, each ordered by instant."""
        return self.rows, self.observations, self.windows, self.hours

    def within(self, since: int, until: int) -> "Series":
        """The part of ``[since, until)``."""
        return Series(*(_within(t, since, until) for t in self.columns()))

    def __len__(self) -> int:
        return sum(map(len, self.columns()))


@dataclass
class DeviceState:
    """All series of a device, and its frames ordered by instant, then id. ``judged_by`` is the
    version of the plan that judged it last.

    A frame that holds no value is a row of the series ``("", "")``, so that a copy of it is
    known for what it is.
    """

    series: dict[Key, Series] = field(default_factory=dict)
    judged_by: int | None = None
    frames: Frames = field(default_factory=no_frames)

    def meet(self, frame: Frames) -> set[int]:
        """Put one frame among the frames; the hours that change, empty for a mere copy.

        Of the copies the one of the highest decode version counts, and the smallest arrival.
        """
        known = self.frames["frame"] == frame["frame"][0]
        old = self.frames[known]
        if len(old) and _order(old[0]) <= _order(frame[0]):
            return set()
        self.frames = with_rows(self.frames[~known] if len(old) else self.frames, frame)
        return hours([*old["at"].tolist(), *frame["at"].tolist()])

    def take(self, frame: bytes, rows: dict[Key, Rows]) -> set[int]:
        """Put a frame in its place; the instants of the samples that come and of those that go,
        none for a mere copy."""
        old = [(key, (s.rows["frame"] == frame).nonzero()[0]) for key, s in self.series.items()]
        ranks = [rank(self.series[key].rows[i[0]]) for key, i in old if len(i)]
        new = min(rank(r[0]) for r in rows.values())
        if ranks and min(ranks) <= new:
            return set()
        instants: set[int] = set()
        for key, index in old:
            if len(index):
                instants.update(self.series[key].rows["at"][index].tolist())
                self.series[key].rows = np.delete(self.series[key].rows, index)
        for key, more in rows.items():
            mine = self.series.setdefault(key, Series())
            mine.rows = with_rows(mine.rows, more)
            instants.update(more["at"].tolist())
        return instants

    def crowded(self, rows: dict[Key, Rows]) -> bool:
        """Whether an hour would hold more than a chunk may."""
        size = sum(map(len, rows.values())) + sum(len(s.rows) for s in self.series.values())
        if size <= ROWS_MAX:
            return False
        more = Counter(at - at % HOUR for r in rows.values() for at in r["at"].tolist())
        return any(count + self._held(hour) > ROWS_MAX for hour, count in more.items())

    def _held(self, hour: int) -> int:
        return sum(len(s.within(hour, hour + HOUR).rows) for s in self.series.values())

    def forget(self, before: int) -> None:
        """Drop what lies before an instant."""
        rest = self.within(before, 1 << 62)
        self.series, self.frames = rest.series, rest.frames

    def within(self, since: int, until: int) -> "DeviceState":
        """The part of ``[since, until)``, series in the order of their names."""
        parts = {k: s.within(since, until) for k, s in sorted(self.series.items())}
        frames = _within(self.frames, since, until)
        return DeviceState({k: s for k, s in parts.items() if len(s)}, frames=frames)

    def __len__(self) -> int:
        return len(self.frames) + sum(map(len, self.series.values()))


def _within(table: NDArray[np.void], since: int, until: int) -> NDArray[np.void]:
    return table[slice(*table["at"].searchsorted((since, until)))]


def _order(frame: np.void) -> tuple[int, int]:
    return -int(frame["version"]), int(frame["arrival"])


def hours(instants: Iterable[int]) -> set[int]:
    """The first instants of the hours in which these lie."""
    return {at - at % HOUR for at in instants}


@dataclass
class PartitionState:
    """The devices of a partition; those not met since the start stay packed."""

    packed: dict[str, dict[int, bytes]] = field(default_factory=dict)
    open: dict[str, DeviceState] = field(default_factory=dict)
    hours: dict[str, set[int]] = field(default_factory=dict)

    def sizes(self) -> dict[str, int]:
        """Devices, chunks, rows of the devices that are unpacked, and bytes of all samples."""
        opened, packed = list(self.open.values()), list(self.packed.values())
        tables = [t for d in opened for s in list(d.series.values()) for t in s.columns()]
        tables += [d.frames for d in opened]
        chunks = sum(len(value) for some in packed for value in list(some.values()))
        return {
            "devices": len(self.hours),
            "chunks": sum(map(len, list(self.hours.values()))),
            "rows": sum(map(len, tables)),
            "bytes": chunks + sum(table.nbytes for table in tables),
        }

    def restore(self, key: bytes, value: bytes) -> None:
        """Take a chunk as it was read back; the positions that lie beside are not ours."""
        if not is_chunk(key):
            return
        device, hour = _device_hour(key)
        self.packed.setdefault(device, {})[hour] = value
        self.hours.setdefault(device, set()).add(hour)

    def device(self, device: str) -> DeviceState:
        """A device's state, unpacked."""
        if device not in self.open:
            chunks = self.packed.pop(device, {})
            self.open[device] = unpack([chunks[hour] for hour in sorted(chunks)])
        return self.open[device]

    def chunks(self, device: str, changed: set[int]) -> Iterator[tuple[bytes, bytes | None]]:
        """The keys and values of the chunks of these hours, None where nothing is left."""
        for hour in sorted(changed):
            value = pack(self.open[device], hour)
            known = self.hours.setdefault(device, set())
            if value is not None:
                known.add(hour)
                yield _key(device, hour), value
            elif hour in known:
                known.discard(hour)
                yield _key(device, hour), None

    def forget(self, before: Callable[[str], int]) -> Iterator[tuple[bytes, bytes | None]]:
        """Drop every chunk of a device whose hour ends by ``before(device)``; their keys, for the
        tombstones."""
        for device, known in list(self.hours.items()):
            end = before(device)
            gone = {hour for hour in known if hour + HOUR <= end}
            for hour in sorted(gone):
                self.packed.get(device, {}).pop(hour, None)
                yield _key(device, hour), None
            known -= gone
            if gone and device in self.open:
                self.open[device].forget(max(gone) + HOUR)
            if not known:
                self.drop(device)

    def drop(self, device: str) -> None:
        """Forget a device of which no chunk is left."""
        for table in (self.hours, self.packed, self.open):
            table.pop(device, None)


def _key(device: str, hour: int) -> bytes:
    return _PREFIX + f"{hour // HOUR}/{device}".encode()


def _device_hour(key: bytes) -> tuple[str, int]:
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
    of, hour = _device_hour(key)
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
