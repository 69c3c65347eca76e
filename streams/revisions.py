"""What changed: only rows that differ from what was last said go out, with a higher revision.

A row's content is known by a 64-bit digest; what vanished goes out as a tombstone.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from streams.state import SENT, Sent

_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)
_SHIFT = np.uint64(29)


@dataclass(frozen=True)
class Changes:
    """``index`` are the new rows that differ and ``revision`` theirs; ``gone`` are tombstones
    (at, revision); ``sent`` is what has been said once these are out."""

    index: NDArray[np.intp]
    revision: NDArray[np.int64]
    gone: Sent
    sent: Sent


def digest(columns: Iterable[NDArray[Any]], size: int) -> NDArray[np.uint64]:
    """A number for each row's content, never 0; columns of 8 bytes, 16 bytes or flags."""
    state = np.full(size, 0x243F6A8885A308D3, np.uint64)
    for column in columns:
        for words in _words(column):
            state = (state ^ words) * _MULTIPLIER
            state ^= state >> _SHIFT
    return state | np.uint64(1)


def _words(column: NDArray[Any]) -> list[NDArray[np.uint64]]:
    if column.dtype.kind == "S":
        wide = np.ascontiguousarray(column.astype("S16")).view(np.uint64).reshape(-1, 2)
        return [wide[:, 0], wide[:, 1]]
    if column.dtype.kind == "f":
        return [np.ascontiguousarray(column, np.float64).view(np.uint64)]
    return [column.astype(np.uint64)]


def changes(
    sent: Sent, at: NDArray[np.int64], digests: NDArray[np.uint64], clock: int, since: int
) -> Changes:
    """Compare today's rows with what was said; rows before ``since`` are not ours to change.

    Revision = max(previous + 1, clock), so it grows across a batch run as well.
    """
    before = len(sent[: np.searchsorted(sent["at"], since)])
    mine = sent[before:]
    ours = np.flatnonzero(at >= since)
    place = np.searchsorted(mine["at"], at[ours])
    known = np.zeros(len(ours), np.bool_)
    inside = place < len(mine)
    known[inside] = mine["at"][place[inside]] == at[ours][inside]
    same = np.zeros(len(ours), np.bool_)
    same[known] = mine["digest"][place[known]] == digests[ours][known]
    previous = np.zeros(len(ours), np.int64)
    previous[known] = mine["revision"][place[known]]
    differs = ~same
    index = ours[differs]
    revision = np.maximum(previous[differs] + 1, clock)
    vanished = mine[~np.isin(mine["at"], at[ours])]
    gone = vanished[vanished["digest"] != 0].copy()
    gone["revision"] = np.maximum(gone["revision"] + 1, clock)
    gone["digest"] = 0
    said = np.empty(len(index), SENT)
    said["at"], said["revision"], said["digest"] = at[index], revision, digests[index]
    stays = mine[~np.isin(mine["at"], np.concatenate([said["at"], gone["at"]]))]
    now = np.concatenate([sent[:before], stays, said, gone])
    return Changes(index, revision, gone, now[np.argsort(now["at"], kind="stable")])


def unsaid(
    sent: Sent, at: NDArray[np.int64], digests: NDArray[np.uint64], since: int, until: int
) -> set[int]:
    """The instants of ``[since, until)`` at which what was said is not what is so today."""
    rows = (at >= since) & (at < until)
    said = sent[(sent["at"] >= since) & (sent["at"] < until) & (sent["digest"] != 0)]
    now = dict(zip(at[rows].tolist(), digests[rows].tolist(), strict=True))
    before = dict(zip(said["at"].tolist(), said["digest"].tolist(), strict=True))
    return {t for t in now.keys() | before.keys() if now.get(t) != before.get(t)}
