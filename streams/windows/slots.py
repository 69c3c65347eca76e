"""The windows of one duration that a series has, and how its samples are added up in them."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from streams.quality import SECOND, Floats, Instants
from streams.revisions import digest
from streams.windows.line import Index, Line

NONE = np.iinfo(np.int64).min
"""In a column of whole numbers what NaN is in the others: there is none."""


@dataclass(frozen=True)
class Pieces:
    """Held time, cut at the borders of the windows, in time order: ``of`` which usable value,
    ``start`` of which window, and how many ``micros``."""

    of: Index
    start: Instants
    micros: Instants


Pairs = list[tuple[float, float]]


@dataclass(frozen=True)
class Entries:
    """A small table in each window: pairs of key and number, ordered by window, then key.

    Window i has those of ``first[i]`` to ``first[i + 1]``.
    """

    first: Index
    key: Floats
    number: Floats

    def of(self, i: int) -> Pairs:
        """The pairs of one window."""
        here = slice(self.first[i], self.first[i + 1])
        return list(zip(self.key[here].tolist(), self.number[here].tolist(), strict=True))

    def words(self) -> NDArray[np.uint64]:
        """One number for the content of each window's table."""
        each = digest((self.key, self.number), len(self.key))
        until = np.concatenate([np.zeros(1, np.uint64), np.cumsum(each)])
        return np.diff(until[self.first])


Column = NDArray[Any] | Entries
"""A number for each window, or a table."""


@dataclass(frozen=True)
class Slots:
    """The windows that hold a sample, or time in which a value held.

    ``start`` in UTC microseconds, ascending; ``where`` is the place among them of each sample,
    ``usable`` of each usable one, ``held`` of each of the ``pieces``.
    """

    start: Instants
    where: Index
    usable: Index
    pieces: Pieces
    held: Index

    def sums(self, where: Index, x: Floats) -> Floats:
        """Added one after the other in time order, as ``bincount`` does: numpy's ``sum`` adds in
        pairs, and the bits would depend on what else is in the array."""
        return np.asarray(np.bincount(where, x, len(self.start)), np.float64)

    def entries(self, where: Index, key: Floats, number: Floats) -> Entries:
        """Numbers added up by window and key; whole numbers, so that their order is the same."""
        order = np.lexsort((key, where))
        where, key = where[order], key[order]
        new = np.ones(len(order), np.bool_)
        new[1:] = (where[1:] != where[:-1]) | (key[1:] != key[:-1])
        found = np.asarray(np.bincount(np.cumsum(new) - 1, number[order]), np.float64)
        first = np.searchsorted(where[new], np.arange(len(self.start) + 1))
        return Entries(first, key[new], found)


def window_starts(time: Instants, duration: int) -> Instants:
    """The start of the window of ``duration`` seconds that holds each instant, aligned to UTC."""
    return time - time % (duration * SECOND)


def slots(line: Line, duration: int, holds: bool) -> Slots:
    """The windows of ``duration`` seconds; ``holds`` is whether a value lasts until the next."""
    mine = window_starts(line.time, duration)
    new = np.ones(len(mine), np.bool_)
    new[1:] = mine[1:] != mine[:-1]
    start, where = mine[new], np.cumsum(new) - 1
    found = _pieces(line, duration * SECOND) if holds else _NO_PIECES
    held = where[line.usable[found.of]]
    later = np.flatnonzero(start[held] != found.start)
    held[later] = np.searchsorted(start, found.start[later])
    known = held[later] < len(start)
    known[known] = start[held[later[known]]] == found.start[later[known]]
    if not known.all():
        start = np.union1d(start, found.start)
        where, held = np.searchsorted(start, mine), np.searchsorted(start, found.start)
    return Slots(start, where, where[line.usable], found, held)


_NO_PIECES = Pieces(np.empty(0, np.intp), np.empty(0, np.int64), np.empty(0, np.int64))


def _pieces(line: Line, length: int) -> Pieces:
    since, until = line.at[line.holding], line.at[line.holding + 1]
    first = since // length
    count = (until - 1) // length - first + 1
    which = np.repeat(np.arange(len(first)), count)
    start = (first[which] + np.arange(len(which)) - (np.cumsum(count) - count)[which]) * length
    micros = np.minimum(until[which], start + length) - np.maximum(since[which], start)
    return Pieces(line.holding[which], start, micros)
