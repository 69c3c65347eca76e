"""What changed: only rows that differ from what was last said go out, with a higher revision.

A row's content is known by a 64-bit digest; what vanished goes out as a tombstone.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from streams.device_state import SENT, Sent

_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)
_SHIFT = np.uint64(29)
_SEED = 0x243F6A8885A308D3


@dataclass(frozen=True)
class Changes:
    """``index`` are the new rows that differ and ``revision`` theirs; ``gone`` are tombstones
    (at, revision); ``sent`` is what has been said once these are out. ``again`` of the rows were
    said before, otherwise."""

    index: NDArray[np.intp]
    revision: NDArray[np.int64]
    gone: Sent
    sent: Sent
    again: int = 0


def digest(columns: Iterable[NDArray[Any]], size: int) -> NDArray[np.uint64]:
    """A number for each row's content, never 0; columns of 8 bytes, 16 bytes or flags.

    Every word is mixed with the number of its column, then all are added up.
    """
    words = [word for column in columns for word in _words(column)]
    mixed = np.empty((len(words), size), np.uint64)
    for place, word in zip(mixed, words, strict=True):
        place[:] = word
    mixed ^= _numbers(len(words))
    for _ in range(2):
        mixed *= _MULTIPLIER
        mixed ^= mixed >> _SHIFT
    found: NDArray[np.uint64] = mixed.sum(axis=0, dtype=np.uint64) | np.uint64(1)
    return found


@cache
def _numbers(count: int) -> NDArray[np.uint64]:
    """A number a column, none related to the next."""
    return np.array([[(i + 1) * _SEED % (1 << 64)] for i in range(count)], np.uint64)


def _words(column: NDArray[Any]) -> Iterable[NDArray[Any]]:
    if column.dtype.kind == "S":
        wide = np.ascontiguousarray(column.astype("S16", copy=False)).view(np.uint64)
        return wide.reshape(-1, 2).T
    if column.dtype.kind == "f":
        return [np.ascontiguousarray(column, np.float64).view(np.uint64)]
    return [column]


def changes(
    sent: Sent,
    at: NDArray[np.int64],
    digests: NDArray[np.uint64],
    clock: int,
    mine: NDArray[np.bool_],
    ours: NDArray[np.bool_],
) -> Changes:
    """Compare today's rows with what was said; only of ``mine`` among those that were said, and of
    ``ours`` among today's: the others are not ours to change.

    Revision = max(previous + 1, clock), so it grows across a batch run as well. All instants are
    in order, each once.
    """
    held, here = sent[mine], ours.nonzero()[0]
    place = _places(held["at"], at[here])
    known = place >= 0
    differs = ~known
    differs[known] = held["digest"][place[known]] != digests[here[known]]
    index = differs.nonzero()[0]
    if not len(index) and known.sum() == len(held):
        return Changes(index, np.empty(0, np.int64), sent[:0], sent)
    now = np.zeros(len(here), SENT)
    now["at"], now["digest"] = at[here], digests[here]
    revision = now["revision"]
    revision[known] = held["revision"][place[known]]
    revision[index] = np.maximum(revision[index] + 1, clock)
    gone, tombs = _vanished(held, place, clock)
    said = _joined(sent[~mine], now, tombs)
    return Changes(here[index], revision[index], gone, said, int(known[index].sum()))


def _places(known: NDArray[np.int64], at: NDArray[np.int64]) -> NDArray[np.intp]:
    """Where each instant lies among the known ones, -1 where it does not."""
    place = known.searchsorted(at)
    if not len(known):
        return np.full(len(at), -1)
    found = known[np.minimum(place, len(known) - 1)] == at
    return np.where(found, place, -1)


def _vanished(mine: Sent, place: NDArray[np.intp], clock: int) -> tuple[Sent, Sent]:
    """New tombstones for what was said and is no more; all tombstones, old ones among them."""
    stays = np.zeros(len(mine), np.bool_)
    stays[place[place >= 0]] = True
    tombs = mine[~stays]
    fresh = tombs["digest"] != 0
    tombs["revision"][fresh] = np.maximum(tombs["revision"][fresh] + 1, clock)
    tombs["digest"] = 0
    return tombs[fresh], tombs


def _joined(former: Sent, now: Sent, tombs: Sent) -> Sent:
    some = [table for table in (former, now, tombs) if len(table)]
    if len(some) < 2:
        return some[0] if some else now
    out = np.concatenate(some)
    return out[np.argsort(out["at"], kind="stable")]


def unsaid(sent: Sent, at: NDArray[np.int64], digests: NDArray[np.uint64]) -> set[int]:
    """The instants at which what was said is not what is so today, of rows that are looked at."""
    said = sent[sent["digest"] != 0]
    now = dict(zip(at.tolist(), digests.tolist(), strict=True))
    before = dict(zip(said["at"].tolist(), said["digest"].tolist(), strict=True))
    return {t for t in now.keys() | before.keys() if now.get(t) != before.get(t)}


def handed_over(
    sent: Sent, at: NDArray[np.int64], digests: NDArray[np.uint64], left: Iterable[int]
) -> Sent:
    """What has been said once somebody else is told to say the rows of these instants: they count
    as said, so that nobody is told twice."""
    instants = np.array(sorted(left), np.int64)
    if not len(instants):
        return sent
    known = np.isin(sent["at"], instants)
    more = np.zeros(len(instants), SENT)
    more["at"] = instants
    more["revision"][np.searchsorted(instants, sent["at"][known])] = sent["revision"][known]
    now = np.isin(at, instants)
    more["digest"][np.searchsorted(instants, at[now])] = digests[now]
    joined = np.concatenate([sent[~known], more])
    return joined[np.argsort(joined["at"], kind="stable")]
