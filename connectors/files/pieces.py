"""A file, cut into bodies that a network's format reads, each of which is one uplink.

A table is cut between lines, and every piece begins with the lines before the first row. A file
of JSON is one body; ``.jsonl`` and ``.ndjson`` have one a line; a SenML pack that is too large is
cut between its records, its base fields repeated.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import BinaryIO

from connectors.files.journal import Place
from connectors.files.senml import packs
from connectors.table.rows import Row, head
from streams.errors import Skip
from streams.inventory import Source
from streams.inventory.sources import TableMapping
from streams.uplinks import Events, Network

ROWS_MAX = 2000
BYTES_MAX = 256 << 10
_LINES = (".jsonl", ".ndjson")


@dataclass(frozen=True, slots=True)
class Piece:
    """One body and what its rows say; ``then`` is where the next one begins.

    The rows of a table can be sent without their neighbours, ``blank`` is then its empty line;
    otherwise ``head`` is the body.
    """

    head: bytes
    rows: Sequence[Row]
    then: Place
    blank: bytes = b""

    def body(self, kept: Collection[int]) -> bytes:
        """The body with the rows of these lines, at least one. What is left out in their midst
        leaves an empty line, so that the others keep their numbers."""
        if not self.blank:
            return self.head
        lines = {row.line: row.raw for row in self.rows if row.line in kept}
        numbers = range(min(lines), max(lines) + 1)
        return self.head + b"".join(lines.get(n, self.blank) for n in numbers)


Cut = Callable[[BinaryIO, Place], Iterator[Piece]]


def cutter(name: str, network: Network, source: Source, most: int) -> Cut:
    """How a file of this name is cut; ``most`` is the size of a body in bytes.

    The function raises Skip where the file cannot be read any further.
    """
    if source.table:
        return partial(_table, source.table)
    read = network.reader(source)
    if name.lower().endswith(_LINES):
        return partial(_lines, read, most)
    return partial(_packs if network.name == "senml" else _whole, read, most)


def _table(table: TableMapping, file: BinaryIO, start: Place) -> Iterator[Piece]:
    before = head(file, table)
    if len(before.raw) > BYTES_MAX:
        raise Skip("too_long", f"more than {BYTES_MAX} bytes stand before the first row")
    if start.line:
        file.seek(start.offset)
    blank = "\n".encode(before.codec)
    rows: list[Row] = []
    size = 0
    for row in before.rows(file, start.line or before.height + 1):
        rows.append(row)
        size += len(row.raw)
        if len(rows) == ROWS_MAX or size >= BYTES_MAX:
            yield Piece(before.raw, rows, Place(file.tell(), row.line + 1), blank)
            rows, size = [], 0
    if rows:
        yield Piece(before.raw, rows, Place(file.tell(), rows[-1].line + 1), blank)


def _whole(read: Events, most: int, file: BinaryIO, start: Place) -> Iterator[Piece]:
    body = file.read(most + 1)
    if len(body) > most:
        raise Skip(
            "too_large",
            f"more than {most} bytes: write one message a line into a file that ends in .jsonl",
        )
    if not body.strip():
        raise Skip("empty", "there is nothing in the file")
    if not start.line:
        yield Piece(body, _events(read, body), Place(len(body), 2))


def _packs(read: Events, most: int, file: BinaryIO, start: Place) -> Iterator[Piece]:
    """``offset`` counts packs: where one begins cannot be found without those before it."""
    body = file.read(most + 1)
    file.seek(0)
    if len(body) <= most:
        yield from _whole(read, most, file, start)
        return
    for n, pack in enumerate(packs(file, BYTES_MAX), 1):
        if n > start.offset:
            yield Piece(pack, _events(read, pack), Place(n, n + 1))


def _lines(read: Events, most: int, file: BinaryIO, start: Place) -> Iterator[Piece]:
    file.seek(start.offset)
    number = start.line or 1
    while body := file.readline(most + 1):
        rows: Sequence[Row] = ()
        if len(body) > most:
            raise Skip("too_large", f"line {number} has more than {most} bytes")
        if body.strip():
            rows = _events(read, body, number)
        number += 1
        yield Piece(body, rows, Place(file.tell(), number))


def _events(read: Events, body: bytes, line: int = 0) -> Sequence[Row]:
    """What a body says; the numbers of its messages where it has no lines."""
    try:
        found = read(body, {})
    except Skip as why:
        found = (why,)
    return [Row(line or n, body, said) for n, said in enumerate(found, 1)]
