"""CSV: one kind a file, named after it; a column a field, with dots for what lies within.

Columns are separated by commas, or by semicolons as a French spreadsheet does; numbers have a
decimal point; an empty cell says nothing.

Source: RFC 4180.
"""

import csv
from collections.abc import Iterator
from io import StringIO
from typing import Any

from connectors.inventory.formats import Entry, InventoryFormat, Unreadable, nested
from connectors.inventory.scalar import scalar
from streams.inventory import KINDS

_PLURALS = {
    name: kind
    for kind in KINDS
    for name in (kind, f"{kind}s", f"{kind[:-1]}ies" if kind.endswith("y") else kind)
}


def read(text: str, stem: str) -> Iterator[Entry | Unreadable]:
    """The objects of a file, a row each."""
    kind = kind_of(stem) or stem
    for line, row in rows(text):
        try:
            cells = [(name, value) for name, value in row if value is not None]
            yield Entry(kind, nested(cells), lambda _, line=line: f":{line}")  # type: ignore[misc]
        except ValueError as e:
            yield Unreadable(f":{line}", str(e))


def kind_of(stem: str) -> str | None:
    """The kind after which a file is named."""
    return _PLURALS.get(stem.partition("-")[0].partition(".")[0].lower())


def rows(text: str) -> Iterator[tuple[int, list[tuple[str, Any]]]]:
    """The line and the cells of each row under the names of the first line.

    Raises:
        Unreadable: it is no table.
    """
    first = text.partition("\n")[0]
    reader = csv.reader(
        StringIO(text, newline=""), delimiter=";" if ";" in first else ",", strict=True
    )
    try:
        head = [name.strip() for name in next(reader, [])]
        if len(set(head)) < len(head) or not all(head):
            raise Unreadable(":1", "every column needs a name of its own")
        before = reader.line_num
        for row in reader:
            line, before = before + 1, reader.line_num
            if len(row) > len(head):
                raise Unreadable(f":{line}", f"{len(row)} cells under {len(head)} names")
            if any(row):
                yield line, [(n, scalar(c.strip())) for n, c in zip(head, row, strict=False)]
    except csv.Error as e:
        raise Unreadable(f":{reader.line_num}", f"this is no CSV: {e}") from e


CSV = InventoryFormat("csv", (".csv",), read)
