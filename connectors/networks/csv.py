"""CSV of data loggers, as the source's table describes it: one event a row.

A body begins with the lines that its table has before the first row. ``line`` of the query is the
number that its first row has in the file that it was cut from.

Source: RFC 4180, but for line breaks within quotes: one line is one row.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from io import BytesIO

from connectors.shared_secret import authentic
from connectors.table.rows import head
from streams.errors import Skip
from streams.inventory import Source
from streams.inventory.sources import TableMapping
from streams.uplinks import Event, Events, Network

ROWS_MAX = 5000
"""Of one body: to read it takes about a tenth of a second."""


def events(body: bytes, query: Mapping[str, str]) -> Sequence[Event | Skip]:
    """Nothing can be read without a table.

    Raises:
        Skip: ``no_table``.
    """
    raise Skip("no_table", "the source declares no table: separator, time and device of its CSV")


def mapped(source: Source) -> Events:
    """How the bodies of a source are read."""
    return partial(_events, source.table) if source.table else events


def _events(table: TableMapping, body: bytes, query: Mapping[str, str]) -> Sequence[Event | Skip]:
    file = BytesIO(body)
    before = head(file, table)
    first = query.get("line", "")
    line = int(first) if first.isdecimal() and len(first) < 16 else before.height + 1
    found: list[Event | Skip] = []
    for row in before.rows(file, line):
        if len(found) == ROWS_MAX:
            raise Skip("malformed", f"more than {ROWS_MAX} rows: send several bodies")
        found.append(located(row.said, row.line))
    return found


def located(said: Event | Skip, line: int) -> Event | Skip:
    """A refusal says of which line."""
    return Skip(said.reason, f"line {line}: {said}") if isinstance(said, Skip) else said


def _device(source: Source, body: bytes) -> str | None:
    return source.table.device if source.table else None


CSV = Network("csv", authentic, events, mapped, media=frozenset({"text/csv"}), device=_device)
