"""Many Avro records at once, from columns.

The plan of a schema says field by field how a column becomes bytes: arrays in one pass of numpy,
all other values each by itself, equal ones once.
"""

import io
import pickle
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import fastavro
import numpy as np
from fastavro.schema import parse_schema

from streams.avro_arrays import MISSING, Vector, values, vector
from streams.avro_words import Index, Part, picked, texts

__all__ = ["MISSING", "Columns", "Field", "Picked", "parts", "plan", "rows"]


@dataclass(frozen=True)
class Picked:
    """A column of few values: row i has ``values[index[i]]``."""

    values: Sequence[Any]
    index: Index


Columns = Mapping[str, Any]
"""By the names of fields: a value a row (numpy array, list, :class:`Picked`), or one single value
for all rows (a list is never that: one array of Avro's for all rows is a tuple).

In an array for a nullable field NaN and :data:`MISSING` are null; in an array of numpy's kind S
the zero bytes at the end that numpy drops are there.
"""


@dataclass(frozen=True)
class Field:
    """``alone`` is the schema of a record that has this field only, ``default`` its bytes."""

    name: str
    type: Any
    alone: Any
    default: bytes | None
    vector: Vector | None

    def said(self, column: Any, size: int) -> Sequence[Any]:
        """What a column says of each row, as fastavro takes it.

        Raises:
            ValueError: it does not speak of ``size`` rows.
        """
        if isinstance(column, np.ndarray):
            said = values(column, self.type)
        elif isinstance(column, Picked):
            said = [column.values[i] for i in column.index.tolist()]
        else:
            said = column if isinstance(column, list) else [column] * size
        self._must_be(len(said), size)
        return said

    def parts(self, column: Any, size: int) -> Sequence[Part]:
        """The bytes of a column.

        Raises:
            ValueError, TypeError, OverflowError, IndexError: a value does not fit the field.
        """
        if isinstance(column, np.ndarray):
            if self.vector is not None and column.shape == (size,):
                return self.vector(column)
            column = self.said(column, size)
        if isinstance(column, list):
            column = _all(column)
        if not isinstance(column, Picked):
            return [self._encode(column)]
        self._must_be(len(column.index), size)
        if self.type == "string" and len(column.values) > 1:
            return texts([str.encode(value) for value in column.values], column.index)
        few = _distinct(column.values)
        return [picked([self._encode(value) for value in few.values], few.index[column.index])]

    def _encode(self, value: Any) -> bytes:
        return _written(self.alone, {self.name: value})

    def _must_be(self, count: int, size: int) -> None:
        if count != size:
            raise ValueError(f"{self.name}: a column of {count} values for {size} rows")


def plan(parsed: Mapping[str, Any]) -> list[Field]:
    """The fields of a parsed record schema that has no logical types."""
    named: dict[str, Any] = {}
    return [_field(parsed["name"], field, named) for field in parsed["fields"]]


def _field(record: str, field: Mapping[str, Any], named: dict[str, Any]) -> Field:
    """``named`` are the types that the fields before have named."""
    of, name = _simple(field["type"]), field["name"]
    only = {"type": "record", "name": f"{record}_{name}", "fields": [field]}
    alone = parse_schema(only, named_schemas=named)
    default = _written(alone, {}) if "default" in field else None
    return Field(name, of, alone, default, vector(of))


def _simple(of: Any) -> Any:
    """A type without its envelope: ``{"type": "long"}`` is ``"long"``."""
    if isinstance(of, list):
        return [_simple(branch) for branch in of]
    return of["type"] if isinstance(of, dict) and of["type"] in _PRIMITIVE else of


_PRIMITIVE = {"null", "boolean", "int", "long", "float", "double", "bytes", "string"}


def _written(schema: Any, record: Mapping[str, Any]) -> bytes:
    out = io.BytesIO()
    fastavro.schemaless_writer(out, schema, record)
    return out.getvalue()


def rows(fields: Sequence[Field], size: int, columns: Columns) -> Iterator[dict[str, Any]]:
    """The records that the columns mean.

    Raises:
        ValueError: a column does not speak of ``size`` rows.
    """
    here = {f.name: f.said(columns[f.name], size) for f in fields if f.name in columns}
    for i in range(size):
        yield {name: column[i] for name, column in here.items()}


def parts(fields: Sequence[Field], size: int, columns: Columns) -> Iterator[Part]:
    """The bytes of one or more records, field by field.

    Raises:
        ValueError, TypeError, OverflowError, IndexError: a value does not fit its field, or a
            field has neither column nor default.
    """
    for field in fields:
        if field.name in columns:
            yield from field.parts(columns[field.name], size)
        elif field.default is not None:
            yield field.default
        else:
            raise ValueError(f"{field.name}: no column and no default")


def _all(column: list[Any]) -> Picked:
    if all(value is column[0] for value in column):
        return Picked(column[:1], np.zeros(len(column), np.intp))
    return Picked(column, np.arange(len(column)))


def _distinct(values: Sequence[Any]) -> Picked:
    is_plain = set(map(type, values)) <= _PLAIN
    keys = values if is_plain else [_key(value) for value in values]
    found = dict(zip(keys, values, strict=True))
    place = dict(zip(found, range(len(found)), strict=True))
    index = np.fromiter(map(place.__getitem__, keys), np.intp, len(keys))
    return Picked(list(found.values()), index)


_PLAIN = {str, bytes, type(None)}
"""What is equal only to what has the same bytes on the wire, unlike 0.0, -0.0, False and 0."""


def _key(value: Any) -> object:
    """Equal only where two values are to the last bit, the types of all that is in them too."""
    try:
        return pickle.dumps(value, 5)
    except (pickle.PicklingError, TypeError, AttributeError):
        return object()
