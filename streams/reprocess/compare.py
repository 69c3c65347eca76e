"""What of the judged rows differs from the stored ones, field by field, revisions aside."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from streams.applicable import Key
from streams.quality import MISSING
from streams.reprocess import arrow
from streams.reprocess.arrow import Block
from streams.reprocess.contract import SERIES, Rewritten

Bools = NDArray[np.bool_]
Index = NDArray[np.intp]
Name = tuple[str, Key]
"""A device and a series of it."""

IDENTITY = {"observations": ("observed_at",), "windows": ("start", "duration")}
"""What tells the rows of one series apart, the time first."""


@dataclass(frozen=True)
class Compared:
    """Places of rows: those judged that are ``new``; the pairs of those that are in both tables,
    ``judged`` and ``stored``, and which of the pairs differ; those stored that have ``vanished``.
    """

    new: Index
    judged: Index
    stored: Index
    differs: Bools
    vanished: Index


def compared(judged: pa.Table, stored: pa.Table, table: str) -> Compared:
    """Both have the columns of the store; no two rows of one are of the same identity."""
    if not len(stored):
        none = np.empty(0, np.intp)
        return Compared(np.arange(len(judged)), none, none, np.empty(0, np.bool_), none)
    own, of_stored = _identities(judged, stored, table)
    order = np.lexsort(np.concatenate([own, of_stored], axis=1)[::-1])
    joined = np.concatenate([own, of_stored], axis=1)[:, order]
    same = np.all(joined[:, 1:] == joined[:, :-1], axis=0)
    first, second = order[:-1][same], order[1:][same]
    pairs = np.minimum(first, second), np.maximum(first, second) - len(judged)
    new, vanished = np.ones(len(judged), np.bool_), np.ones(len(stored), np.bool_)
    new[pairs[0]], vanished[pairs[1]] = False, False
    differs = np.zeros(len(pairs[0]), np.bool_)
    if len(differs):
        for name in judged.schema.names:
            if name not in (*SERIES, *IDENTITY[table], "revision", "is_deleted"):
                differs |= different(judged[name], stored[name], *pairs)
    return Compared(np.flatnonzero(new), *pairs, differs, np.flatnonzero(vanished))


def different(
    judged: pa.ChunkedArray, stored: pa.ChunkedArray, mine: Index, theirs: Index
) -> Bools:
    """Which pairs differ in a column, to the last bit."""
    return np.asarray(arrow.words(judged)[mine] != arrow.words(stored)[theirs])


def _identities(
    judged: pa.Table, stored: pa.Table, table: str
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Of both the series and the identities as whole numbers, a row each."""
    found = [_texts(judged[name], stored[name]) for name in SERIES]
    found += [(arrow.whole(judged[n]), arrow.whole(stored[n])) for n in IDENTITY[table]]
    own, theirs = zip(*found, strict=True)
    return np.stack(own), np.stack(theirs)


def _texts(
    judged: pa.ChunkedArray, stored: pa.ChunkedArray
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    (own, names), (theirs, others) = arrow.codes(judged), arrow.codes(stored)
    known = {name: place for place, name in enumerate(names)}
    moved = np.array([known.setdefault(name, len(known)) for name in others], np.int64)
    return own, moved[theirs]


def grouped(table: pa.Table) -> tuple[Index, list[Name]]:
    """The series of each row, as places among the different ones."""
    of, names = arrow.together([table[name] for name in SERIES])
    return of, [(device, (name, channel)) for device, name, channel in names]


def rewritten(judged: pa.Table, stored: pa.Table, found: Compared, started: int) -> Rewritten:
    """What is to be written and what that supersedes.

    A row's revision is the start of the run, or one more than that of what it replaces.
    """
    superseded = np.concatenate([found.stored[found.differs], found.vanished])
    before = arrow.whole(stored["revision"])[superseded]
    revisions = np.full(len(found.new), started, np.int64), np.maximum(before + 1, started)
    changed = np.concatenate([found.new, found.judged[found.differs]])
    gone = tombstones(stored.take(pa.array(found.vanished)), judged.schema)
    rows = pa.concat_tables([_taken(judged, changed), gone])
    place = rows.schema.get_field_index("revision")
    field = rows.schema.field(place)
    numbers = pa.array(np.concatenate(revisions)).cast(field.type)
    return Rewritten(rows.set_column(place, field, numbers), stored.take(pa.array(superseded)))


def _taken(rows: pa.Table, places: Index) -> pa.Table:
    """Those rows; all of them as they are, without a copy."""
    whole = len(places) == len(rows) and bool((np.diff(places, prepend=-1) == 1).all())
    return rows if whole else rows.take(pa.array(places))


def tombstones(rows: pa.Table, schema: pa.Schema) -> pa.Table:
    """One for each row: who and when, and nothing else."""
    kept = {*SERIES, *IDENTITY["observations"], *IDENTITY["windows"]}
    said: dict[str, arrow.Column] = {"is_deleted": np.ones(len(rows), np.bool_)}
    if "flag" in schema.names:
        said["flag"] = np.full(len(rows), MISSING)
    empty = arrow.table([Block(len(rows), said)], schema)
    for i, field in enumerate(schema):
        if field.name in kept:
            empty = empty.set_column(i, field, arrow.one(rows[field.name]).cast(field.type))
    return empty
