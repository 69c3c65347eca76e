"""Numpy arrays to the bytes of Avro: a type of the schema to what writes an array of it.

Source: Apache Avro 1.12 specification, "Binary encoding".
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from streams.avro_words import WIDTH, Plain, Words, varints, where

MISSING = int(np.iinfo(np.int64).min)
"""In an array of whole numbers what NaN is in one of floats: there is none."""

Array = NDArray[Any]
Vector = Callable[[Array], list[Plain]]
"""The bytes of an array of one value a row, of one row or more.

Raises TypeError, ValueError or OverflowError where it cannot say them.
"""


def inner(of: Any) -> Any:
    """What a nullable type is where it is not null; None for all others."""
    if isinstance(of, list) and len(of) == 2 and "null" in of:
        return of[1 - of.index("null")]
    return None


def fixed_size(of: Any) -> int:
    """How many bytes a fixed type has, nullable or not; 0 for all others."""
    of = inner(of) or of
    return int(of["size"]) if isinstance(of, dict) and of["type"] == "fixed" else 0


def vector(of: Any) -> Vector | None:
    """What writes arrays of a type; None for those that numpy cannot help with."""
    present = inner(of)
    if present is not None:
        plain = _narrow if present == "int" else vector(present)
        return plain and _nullable(plain, of.index("null"))
    if size := fixed_size(of):
        return lambda column: _fixed(column, size)
    return _VECTORS.get(of) if isinstance(of, str) else None


def values(column: Array, of: Any) -> list[Any]:
    """What an array says of each row, as Python values."""
    said: list[Any] = column.tolist()
    if column.dtype.kind == "S":
        return [value.ljust(fixed_size(of), b"\0") for value in said]
    if inner(of) is None:
        return said
    return [None if is_null else v for v, is_null in zip(said, _null(column), strict=True)]


def _null(column: Array) -> NDArray[np.bool_]:
    if column.dtype.kind == "f":
        return np.isnan(column)
    if column.dtype == np.int64:
        found: NDArray[np.bool_] = column == MISSING
        return found
    return np.zeros(len(column), np.bool_)


def _nullable(plain: Vector, null_at: int) -> Vector:
    """Of a union with null, whose branch has the number ``null_at``."""
    branches = [bytes([2 * null_at]), bytes([2 - 2 * null_at])]

    def written(column: Array) -> list[Plain]:
        null = _null(column)
        if not null.any():
            return [branches[1], *plain(column)]
        if null.all():
            return [branches[0]]
        here = plain(np.where(null, column[null.argmin()], column))
        index = Words(np.where(null, *(np.uint64(b[0]) for b in branches)), 1)
        return [index, *(part for whole in here for part in where(~null, whole))]

    return written


def _of_kind(column: Array, kinds: str) -> Array:
    if column.dtype.kind not in kinds:
        raise TypeError(f"an array of {column.dtype} where one of the kinds {kinds} is wanted")
    return column


def _whole(column: Array) -> list[Plain]:
    if _of_kind(column, "iu").dtype == np.uint64 and int(column.max()) > -(MISSING + 1):
        raise OverflowError("a number of more than 63 bits")
    return varints(column.astype(np.int64, copy=False))


def _narrow(column: Array) -> list[Plain]:
    """Of 32 bits: fastavro insists on them in a union only."""
    if not -(1 << 31) <= int(column.min()) <= int(column.max()) < 1 << 31:
        raise ValueError("a number of more than 32 bits")
    return _whole(column)


def _double(column: Array) -> list[Plain]:
    return [Words(_of_kind(column, "fiu").astype("<f8", copy=False).view("<u8"), WIDTH)]


def _boolean(column: Array) -> list[Plain]:
    """The bytes 0 and 1, which as varints are those of 0 and -1."""
    return varints(-_of_kind(column, "b").astype(np.int64))


def _fixed(column: Array, size: int) -> list[Plain]:
    if _of_kind(column, "S").dtype.itemsize > size:
        raise ValueError(f"bytes of another size than {size}")
    count = -(-size // WIDTH)
    wide = np.ascontiguousarray(column.astype(f"S{count * WIDTH}")).view("<u8").reshape(-1, count)
    return [Words(wide[:, k], min(size - k * WIDTH, WIDTH)) for k in range(count)]


_VECTORS: Mapping[str, Vector] = {
    "int": _whole,
    "long": _whole,
    "double": _double,
    "boolean": _boolean,
}
