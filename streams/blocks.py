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


def block(state: DeviceState) -> bytes:
    """A device as one value."""
    tables = [state.frames, *(t for s in state.series.values() for t in s.columns())]
    words = np.concatenate([_columns(table) for table in tables])
    words[1:] -= words[:-1].copy()
    head = struct.pack(f"<{len(tables)}I", *map(len, tables)) + b"".join(map(names, state.series))
    return _HEAD.pack(len(state.series), len(head)) + head + bytes(lz4.block.compress(words))


def _columns(table: NDArray[np.void]) -> NDArray[np.uint32]:
    return table.view(_WORD).reshape(len(table), _width(table.dtype)).T.ravel()


def _width(dtype: np.dtype[np.void]) -> int:
    return dtype.itemsize // _WORD.itemsize


def device_of(value: bytes) -> DeviceState:
    """The inverse of :func:`block`; the series in the same order."""
    count, size = _HEAD.unpack_from(value)
    since = _HEAD.size + size
    sizes, keys = _told(count, value[_HEAD.size : since])
    plain = lz4.block.decompress(memoryview(value)[since:])
    words = np.frombuffer(plain, _WORD).cumsum(dtype=_WORD)
    tables, place = [], 0
    for dtype, length in zip((FRAME, *TABLES * count), sizes, strict=True):
        width = _width(dtype)
        columns = words[place : place + width * length].reshape(width, length)
        tables.append(np.ascontiguousarray(columns.T).view(dtype).reshape(length))
        place += width * length
    series = {key: Series(*tables[1 + 4 * i : 5 + 4 * i]) for i, key in enumerate(keys)}
    return DeviceState(series, frames=tables[0])


@lru_cache(maxsize=4096)
def _told(count: int, head: bytes) -> tuple[tuple[int, ...], tuple[Key, ...]]:
    """The lengths of the tables and the names of the series; many devices have the same."""
    layout = struct.Struct(f"<{1 + count * len(TABLES)}I")
    keys, place = list[Key](), layout.size
    for _ in range(count):
        key, place = names_at(head, place)
        keys.append(key)
    return layout.unpack_from(head), tuple(keys)


_HEAD = struct.Struct("<HI")
"""How many series, and how many bytes tell of them."""
