"""Columns of Arrow and of numpy, both ways, without a loop over rows."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

NONE = np.iinfo(np.int64).min
"""In a column of whole numbers what NaN is in one of floats: there is none."""

_MIX = np.uint64(0x9E3779B97F4A7C15)
_SHIFT = np.uint64(31)
_TABLE = 1 << 16
Words = NDArray[np.uint64]


@dataclass(frozen=True)
class Ragged:
    """A column of lists or maps: how long each is, and all elements one behind the other.

    A list has one array of elements, a map one of keys and one of values.
    """

    length: NDArray[np.int64]
    elements: tuple[pa.Array, ...]

    @classmethod
    def empty(cls, rows: int, kind: pa.DataType) -> "Ragged":
        """Rows without elements."""
        kinds = (kind.key_type, kind.item_type) if _is_map(kind) else (kind.value_type,)
        return cls(np.zeros(rows, np.int64), tuple(pa.array([], of) for of in kinds))


Column = NDArray[Any] | Ragged | str
"""A value a row: NaN and :data:`NONE` are null; a text is that of all rows."""


@dataclass(frozen=True)
class Block:
    """Some rows of one series, by the names of their columns; a column that is not there is null,
    nought, or empty."""

    size: int
    columns: Mapping[str, Column]


def table(blocks: Sequence[Block], schema: pa.Schema) -> pa.Table:
    """All rows in their order."""
    return pa.Table.from_arrays([_column(blocks, field) for field in schema], schema=schema)


def _column(blocks: Sequence[Block], field: pa.Field) -> pa.Array:
    parts = [b.columns.get(field.name) for b in blocks]
    kind, sizes = field.type, [b.size for b in blocks]
    if _is_map(kind) or pa.types.is_list(kind):
        ragged = (
            p if isinstance(p, Ragged) else Ragged.empty(n, kind)
            for p, n in zip(parts, sizes, strict=True)
        )
        return _ragged(list(ragged), kind)
    if pa.types.is_string(kind):
        names = pa.array([p if isinstance(p, str) else "" for p in parts], kind)
        return names.take(pa.array(np.repeat(np.arange(len(blocks)), sizes)))
    if kind == _FRAME:
        return _frames(parts, sizes)
    absent = _ABSENT.get(kind, 0)
    filled = [
        np.full(n, absent, dtype=_dtype(kind)) if p is None else np.asarray(p)
        for p, n in zip(parts, sizes, strict=True)
    ]
    return _plain(np.concatenate(filled) if filled else np.empty(0, _dtype(kind)), kind)


_INSTANT = pa.timestamp("us", "UTC")
_FRAME = pa.binary(16)
_ABSENT: Mapping[Any, Any] = {pa.float64(): np.nan, _INSTANT: NONE}


def _dtype(kind: pa.DataType) -> Any:
    return np.int64 if kind == _INSTANT else kind.to_pandas_dtype()


def _plain(x: NDArray[Any], kind: pa.DataType) -> pa.Array:
    if x.dtype.kind == "f":
        return pa.array(x, kind, from_pandas=True)
    if x.dtype == np.int64 and (x == NONE).any():
        return pa.array(x, mask=x == NONE).cast(kind)
    return pa.array(x).cast(kind)


def _frames(parts: Sequence[Column | None], sizes: Sequence[int]) -> pa.Array:
    """Ids of 16 bytes, which may all be nought; numpy pads those that end in noughts."""
    some = [np.asarray(p) for p in parts if p is not None]
    known = np.repeat(np.array([p is not None for p in parts], np.bool_), sizes)
    ids = np.zeros(len(known), "S16")
    ids[known] = np.concatenate(some) if some else b""
    return pa.Array.from_buffers(
        _FRAME, len(ids), [pa.array(known).buffers()[1], pa.py_buffer(ids)]
    )


def _ragged(parts: Sequence[Ragged], kind: pa.DataType) -> pa.Array:
    lengths = [np.zeros(1, np.int64), *(p.length for p in parts)]
    first = pa.array(np.cumsum(np.concatenate(lengths)).astype(np.int32))
    kinds = (kind.key_type, kind.item_type) if _is_map(kind) else (kind.value_type,)
    elements = [
        pa.concat_arrays([pa.array([], of), *(p.elements[i].cast(of) for p in parts)])
        for i, of in enumerate(kinds)
    ]
    made = pa.MapArray if _is_map(kind) else pa.ListArray
    return made.from_arrays(first, *elements).cast(kind)


def _is_map(kind: pa.DataType) -> bool:
    return bool(pa.types.is_map(kind))


def floats(column: pa.ChunkedArray) -> NDArray[np.float64]:
    """NaN where there is none."""
    return np.asarray(one(column).cast(pa.float64()).to_numpy(zero_copy_only=False), np.float64)


def whole(column: pa.ChunkedArray, absent: int = 0) -> NDArray[np.int64]:
    """Whole numbers and instants; ``absent`` where there is none."""
    numbers = one(column)
    if pa.types.is_timestamp(numbers.type):
        numbers = numbers.cast(pa.timestamp("us", numbers.type.tz))
    numbers = numbers.cast(pa.int64()).fill_null(absent)
    return np.asarray(numbers.to_numpy(zero_copy_only=False))


def frames(column: pa.ChunkedArray) -> NDArray[np.bytes_]:
    """Ids of 16 bytes."""
    return _halves(one(column).cast(_FRAME)).view("S16").reshape(-1)


def _halves(ids: pa.Array) -> NDArray[np.uint64]:
    """Two numbers for each id of 16 bytes, nought where there is none."""
    filled = ids.fill_null(bytes(16))
    if not len(filled):
        return np.empty((0, 2), np.uint64)
    data = np.frombuffer(filled.buffers()[1], np.uint64, 2 * len(filled), filled.offset * 16)
    return data.reshape(-1, 2)


def codes(column: pa.ChunkedArray) -> tuple[NDArray[np.int64], list[str]]:
    """Texts as places among the different ones."""
    array = one(column)
    if not pa.types.is_dictionary(array.type):
        array = array.dictionary_encode()
    places = array.indices.to_numpy(zero_copy_only=False).astype(np.int64)
    return places, array.dictionary.to_pylist()


def together(columns: Sequence[pa.ChunkedArray]) -> tuple[NDArray[np.int64], list[Sequence[str]]]:
    """Texts of several columns as places among the different rows of them, in the order in which
    each column first has its own."""
    coded = [codes(column) for column in columns]
    joined = coded[0][0]
    for places, names in coded[1:]:
        joined = joined * len(names) + places
    sizes = [len(names) for _, names in coded]
    joined, there = _renumbered(joined, math.prod(sizes))
    which = np.unravel_index(there, sizes) if len(there) else [there for _ in sizes]
    texts = ([of[i] for i in row.tolist()] for (_, of), row in zip(coded, which, strict=True))
    return joined, list(zip(*texts, strict=True))


def _renumbered(
    numbers: NDArray[np.int64], below: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Numbers as places among the different ones, and those; no sort where they are small."""
    if below > _TABLE + 4 * len(numbers):
        there, places = np.unique(numbers, return_inverse=True)
        return places.reshape(-1).astype(np.int64), there
    known = np.zeros(below, np.bool_)
    known[numbers] = True
    return (np.cumsum(known) - 1)[numbers], np.flatnonzero(known)


def one(column: pa.ChunkedArray) -> pa.Array:
    """A column in one piece."""
    found = column.combine_chunks()
    return found if isinstance(found, pa.Array) else pa.concat_arrays(found.chunks)


def words(column: pa.ChunkedArray) -> Words:
    """Each value as 64 bits: equal ones are equal, and others differ but for one in 2^64.

    Of a map the order of its entries does not matter, of a list that of its elements does.
    """
    return _words(one(column))


def _words(array: pa.Array) -> Words:
    kind = array.type
    if pa.types.is_dictionary(kind) or pa.types.is_string(kind) or pa.types.is_large_string(kind):
        places, names = codes(pa.chunked_array([array]))
        return text_words(names)[places] if names else np.zeros(len(array), np.uint64)
    if pa.types.is_fixed_size_binary(kind):
        halves = _halves(array)
        return _mixed(halves[:, 0]) + halves[:, 1]
    if _is_map(kind):
        pairs = _mixed(_words(array.keys)) + _words(array.items)
        return _sums(_mixed(pairs), array.offsets)
    if pa.types.is_list(kind):
        inside = _words(array.values)
        first = array.offsets.to_numpy().astype(np.int64)
        begin = np.repeat(first[:-1], np.diff(first))
        place = np.arange(first[0], first[-1]) - begin
        inside = inside[first[0] : first[-1]]
        return _sums(_mixed(inside + place.astype(np.uint64)), first - first[0])
    return _numbers(array)


def _numbers(array: pa.Array) -> Words:
    """The bits of numbers, and of the one that no number has where there is none."""
    absent = np.asarray(array.is_null().to_numpy(zero_copy_only=False))
    chunk = pa.chunked_array([array])
    found: Words
    if pa.types.is_floating(array.type):
        found = np.ascontiguousarray(floats(chunk)).view(np.uint64).copy()
        absent |= np.isnan(floats(chunk))
    elif pa.types.is_boolean(array.type):
        found = np.asarray(array.fill_null(False).to_numpy(zero_copy_only=False)).astype(np.uint64)
    else:
        found = whole(chunk).view(np.uint64).copy()
    found[absent] = _MIX
    return found


def text_words(names: Iterable[str]) -> Words:
    """Texts as 64 bits."""
    return np.array(
        [int.from_bytes(blake2b(n.encode(), digest_size=8).digest(), "big") for n in names],
        np.uint64,
    )


def _mixed(x: Words) -> Words:
    mixed = (x ^ (x >> _SHIFT)) * _MIX
    return (mixed ^ (mixed >> _SHIFT)) + _MIX


def _sums(x: Words, offsets: Any) -> Words:
    """Over the elements of each row, modulo 2^64."""
    first = np.asarray(offsets)
    total = np.concatenate([np.zeros(1, np.uint64), np.cumsum(x, dtype=np.uint64)])
    return np.asarray(total[first[1:]] - total[first[:-1]])
