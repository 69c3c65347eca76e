"""Many hours of a device as one value in memory: what they have in common is said once.

Of each column, in words of 32 bits, the differences stand one behind another: what does not
change, or changes by the same step, is a run of one word, and an instant or the id of a frame that
stands in a second table repeats the run of the first. LZ4 finds both; what is left are the ids, the
digests and the jitter, a quarter of the tables. A block is written and read by one process: it has
no version.
"""

import struct
from functools import lru_cache

import lz4.block
import numpy as np
from numpy.typing import NDArray

from streams.applicable import Key
from streams.chunks import TABLES, names, names_at
from streams.device_state import DeviceState, Series
from streams.samples import FRAME

_WORD = np.dtype("<u4")

_Columns = dict[Key | None, list[NDArray[np.uint32]]]
"""Tables on their side, a line a word of their rows: those of each series, behind the frames."""


def block(state: DeviceState, before: bytes = b"") -> bytes:
    """A device as one value, behind what an earlier value holds of it."""
    columns = _columns_of(before) if before else {}
    for key, tables in _columns(state).items():
        former = columns.get(key)
        columns[key] = tables if former is None else list(map(_beside, former, tables))
    tables = [table for some in columns.values() for table in some]
    words = np.concatenate([table.ravel() for table in tables])
    words[1:] -= words[:-1].copy()
    sizes = struct.pack(f"<{len(tables)}I", *(table.shape[1] for table in tables))
    head = sizes + b"".join(names(key) for key in columns if key is not None)
    return _HEAD.pack(len(columns) - 1, len(head)) + head + bytes(lz4.block.compress(words))


def device_of(value: bytes) -> DeviceState:
    """The inverse of :func:`block`; the series in the same order."""
    columns = _columns_of(value)
    (frames,) = columns.pop(None)
    series = {key: Series(*map(_rows, some, TABLES)) for key, some in columns.items() if key}
    return DeviceState(series, frames=_rows(frames, FRAME))


def _columns(state: DeviceState) -> _Columns:
    columns: _Columns = {None: [_turned(state.frames)]}
    for key, series in state.series.items():
        columns[key] = [_turned(table) for table in series.columns()]
    return columns


def _columns_of(value: bytes) -> _Columns:
    count, size = _HEAD.unpack_from(value)
    since = _HEAD.size + size
    shapes, keys = _told(count, value[_HEAD.size : since])
    plain = lz4.block.decompress(memoryview(value)[since:])
    words = np.frombuffer(plain, _WORD).cumsum(dtype=_WORD)
    tables, place = [], 0
    for width, length in shapes:
        tables.append(words[place : place + width * length].reshape(width, length))
        place += width * length
    columns: _Columns = {None: tables[:1]}
    for i, key in enumerate(keys):
        columns[key] = tables[1 + 4 * i : 5 + 4 * i]
    return columns


@lru_cache(maxsize=4096)
def _told(count: int, head: bytes) -> tuple[list[tuple[int, int]], list[Key]]:
    """The shapes of the tables and the names of the series; many devices have the same."""
    layout = struct.Struct(f"<{1 + count * len(TABLES)}I")
    widths = [_width(dtype) for dtype in (FRAME, *TABLES * count)]
    keys, place = list[Key](), layout.size
    for _ in range(count):
        key, place = names_at(head, place)
        keys.append(key)
    return list(zip(widths, layout.unpack_from(head), strict=True)), keys


def _width(dtype: np.dtype[np.void]) -> int:
    return dtype.itemsize // _WORD.itemsize


def _turned(table: NDArray[np.void]) -> NDArray[np.uint32]:
    return table.view(_WORD).reshape(len(table), _width(table.dtype)).T


def _beside(former: NDArray[np.uint32], table: NDArray[np.uint32]) -> NDArray[np.uint32]:
    return np.concatenate((former, table), axis=1)


def _rows(columns: NDArray[np.uint32], dtype: np.dtype[np.void]) -> NDArray[np.void]:
    return np.ascontiguousarray(columns.T).view(dtype).reshape(columns.shape[1])


_HEAD = struct.Struct("<HI")
"""How many series, and how many bytes tell of them."""
