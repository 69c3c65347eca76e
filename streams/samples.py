"""The set of samples of one series: rows of frames, merged so that arrival order cannot matter.

Of the copies of a frame one counts: the highest decode version, then the smallest arrival. Of
two frames with the same sample the smallest frame id wins, and the row says so.
"""

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
    ]
)
"""One value of one frame: instants in UTC microseconds, counter -1 and value NaN where none."""

Rows = NDArray[np.void]
Rank = tuple[int, int, int]


def rank(row: np.void) -> Rank:
    """Of the copies of a frame, the one with the smallest rank counts."""
    return -int(row["version"]), int(row["arrival"]), int(row["codec"])


def no_rows() -> Rows:
    """An empty set."""
    return np.empty(0, ROW)


def with_rows(rows: Rows, more: Rows) -> Rows:
    """The union, ordered by instant, then frame."""
    joined = np.concatenate([rows, more])
    return joined[np.lexsort((joined["frame"], joined["at"]))]


def counted(rows: Rows) -> tuple[Rows, NDArray[np.bool_]]:
    """The row that counts for each instant, and whether another frame claims it too."""
    if not len(rows):
        return rows, np.empty(0, np.bool_)
    first = np.append(True, rows["at"][1:] != rows["at"][:-1])
    index = np.flatnonzero(first)
    size = np.diff(np.append(index, len(rows)))
    return rows[index], size > 1
