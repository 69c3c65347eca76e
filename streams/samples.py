"""The set of samples of one series: rows of frames, merged so that arrival order cannot matter.

Of the copies of a frame one counts: the highest decode version, then the smallest arrival. Of
two frames with the same sample the smallest frame id wins, and the row says so.
"""

from collections.abc import Sequence
from functools import lru_cache
from hashlib import blake2b
from typing import Any

import numpy as np
from numpy.typing import NDArray

ROW = np.dtype(
    [
        ("at", "<i8"),
        ("frame", "S16"),
        ("version", "<i8"),
        ("arrival", "<i8"),
        ("codec", "<i8"),
        ("counter", "<i8"),
        ("value", "<f8"),
        ("size", "<i8"),
        ("offset", "<f8"),
    ]
)
"""One value of one frame: instants in UTC microseconds; ``size`` is that of its payload in bytes,
``offset`` how far the device's clock was ahead of the network server's, seconds. Where there is
none: counter and size -1, value and offset NaN."""

GATEWAYS = 4
"""Of those that heard a frame, how many are kept: what a city with good reception has."""

FRAME = np.dtype(
    [
        ("at", "<i8"),
        ("frame", "S16"),
        ("version", "<i8"),
        ("arrival", "<i8"),
        ("counter", "<i8"),
        ("session", "<u8"),
        ("network", "<u4"),
        ("gateways", "<u4", (GATEWAYS,)),
    ]
)
"""One frame of a device, by the network server's time: what its conditions are seen from.

``counter`` is -1 where there is none; ``session`` is a number made of its name by :func:`number`,
``network`` and ``gateways`` (the first that it was heard by) by :func:`short`; 0 where none was
told."""

Rows = NDArray[np.void]
Frames = NDArray[np.void]
Rank = tuple[int, int, int]


def rank(row: np.void) -> Rank:
    """Of the copies of a frame, the one with the smallest rank counts."""
    return -int(row["version"]), int(row["arrival"]), int(row["codec"])


def no_rows() -> Rows:
    """An empty set."""
    return np.empty(0, ROW)


def no_frames() -> Frames:
    """An empty set."""
    return np.empty(0, FRAME)


@lru_cache(maxsize=65_536)
def number(name: str | None) -> int:
    """A name as 64 bits, 0 where there is none."""
    if not name:
        return 0
    return int.from_bytes(blake2b(name.encode(), digest_size=8).digest(), "big") | 1


def short(name: str) -> int:
    """A name as 32 bits: enough for those that one device meets."""
    return number(name) & 0xFFFF_FFFF


def with_rows(rows: Rows, more: Rows) -> Rows:
    """The union, ordered by instant, then frame."""
    both = stacked((rows, more))
    if len(more) == 1 and (not len(rows) or rows["at"][-1] < more["at"][0]):
        return both
    return both[np.lexsort((both["frame"], both["at"]))]


def stacked(tables: Sequence[Any]) -> NDArray[np.void]:
    """Tables of one kind one behind another, as ``numpy.concatenate`` would: that compares the
    fields of each with those of the next, which takes longer than all the rest."""
    joined = bytearray().join(tables)
    return np.frombuffer(joined, tables[0].dtype)


def counted(rows: Rows) -> tuple[Rows, NDArray[np.bool_]]:
    """The row that counts for each instant, and whether another frame claims it too."""
    which, conflict = firsts(rows["at"])
    return rows[which], conflict


def firsts(time: NDArray[np.int64]) -> tuple[slice | NDArray[np.intp], NDArray[np.bool_]]:
    """Of rows ordered by ``time``, then frame: the places of those that count, the first of each
    instant, and whether another frame claims it too."""
    first = np.ones(len(time), np.bool_)
    first[1:] = time[1:] != time[:-1]
    if first.all():
        return slice(None), ~first
    index = np.flatnonzero(first)
    size = np.diff(np.append(index, len(time)))
    return index, size > 1
