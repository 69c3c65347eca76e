"""One statement in the engine: its result in pieces, never whole in memory.

chDB hands a SELECT over block by block, each in the format asked for. Where blocks put one
after the other are the whole result (Native, TSV, JSONEachRow, …) they go out as they come;
any other format (Arrow, Parquet, JSON, …) is written to a scratch file first.
"""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import IO, Any, cast
from uuid import uuid4

from embedded.clickhouse.engine import QUOTE, Engine, quoted
from embedded.clickhouse.refusal import Code, Refusal, refusing
from embedded.clickhouse.statement import STATEMENT_MAX, Insert, Query, parse

PIECE = 1 << 20
"""Bytes read or sent at once."""
SPOOL = 8 << 20
"""Bytes of a request or of a held-back result in memory; more goes to a scratch file."""

BLOCKWISE = frozenset(
    {"Native", "TabSeparated", "TSV", "TabSeparatedRaw", "TSVRaw", "CSV", "RowBinary"}
    | {"JSONEachRow", "JSONLines", "NDJSON", "JSONCompactEachRow", "LineAsString", "RawBLOB"}
)
_NO_STREAM = "Streaming query is not supported"


@dataclass(frozen=True)
class Call:
    """What a request asks besides its statement. ``format`` is for a statement that names none;
    ``held`` waits for the end of the result before the first byte of it."""

    database: str
    settings: Mapping[str, str]
    params: Mapping[str, str]
    format: str
    held: bool


@dataclass(frozen=True)
class Answer:
    """A result that has begun. ``written`` is the rows of an insert that brought its data.
    ``close`` ends the query and is due in any case; ``chunks`` raises RuntimeError when the
    query fails on the way."""

    format: str
    chunks: Iterator[bytes]
    written: int | None
    close: Callable[[], None]


def spool(engine: Engine) -> IO[bytes]:
    """A file that stays in memory while it is small."""
    return cast(IO[bytes], SpooledTemporaryFile(max_size=SPOOL, dir=str(engine.scratch)))


def execute(engine: Engine, call: Call, body: IO[bytes]) -> Answer:
    """Run the statement that ``body`` holds, with its data; up to the first piece of the result.

    Raises:
        Refusal: with the engine's code and text.
    """
    body.seek(0)
    head = body.read(STATEMENT_MAX)
    statement = parse(head, engine.formats, whole=not body.read(1))
    with ExitStack() as stack, refusing():
        connection = stack.enter_context(engine.session(call.database, call.settings))
        if isinstance(statement, Insert):
            body.seek(statement.data_at)
            written = _insert(connection, statement, body)
            return Answer(statement.format, iter(()), written, stack.pop_all().close)
        chosen = statement.format or _known(engine, call.format)
        chunks = _result(engine, connection, statement, chosen, call.params, stack)
        started = _held(engine, chunks, stack) if call.held else _started(chunks)
        return Answer(chosen, started, None, stack.pop_all().close)


def _known(engine: Engine, name: str) -> str:
    """The format as the engine spells it: what the client calls one becomes part of the SQL."""
    try:
        return engine.formats[name.lower()]
    except KeyError:
        raise Refusal(Code.UNKNOWN_FORMAT, f"Unknown format {name[:50]!r}.") from None


def _insert(connection: Any, statement: Insert, body: IO[bytes]) -> int:
    """Nothing is stored until all of the data has been read and understood, as far as one block
    of the engine goes (about a million rows)."""
    with connection.send_insert(statement.sql, statement.format) as insert:
        while piece := body.read(PIECE):
            insert.append(piece)
        return int(insert.finish().rows_written)


def _result(
    engine: Engine,
    connection: Any,
    query: Query,
    chosen: str,
    params: Mapping[str, str],
    stack: ExitStack,
) -> Iterator[bytes]:
    if chosen in BLOCKWISE:
        return _streamed(connection, query.sql, chosen, params, stack)
    if query.rows:
        return _filed(engine, connection, query.sql, chosen, params, stack)
    return _whole(connection, query.sql, chosen, params)


def _streamed(
    connection: Any, sql: str, chosen: str, params: Mapping[str, str], stack: ExitStack
) -> Iterator[bytes]:
    try:
        stream = connection.send_query(sql, chosen, params=dict(params))
    except RuntimeError as e:
        if _NO_STREAM not in str(e):
            raise
        return _whole(connection, sql, chosen, params)
    stack.callback(stream.close)
    return (bytes(block.bytes()) for block in stream)


def _whole(connection: Any, sql: str, chosen: str, params: Mapping[str, str]) -> Iterator[bytes]:
    """What is no SELECT answers with little or nothing."""
    result = connection.query(sql, chosen, params=dict(params))
    return iter((bytes(result.bytes() or b""),))


def _filed(
    engine: Engine,
    connection: Any,
    sql: str,
    chosen: str,
    params: Mapping[str, str],
    stack: ExitStack,
) -> Iterator[bytes]:
    path = engine.scratch / uuid4().hex
    target = quoted(str(path), QUOTE)
    try:
        connection.query(f"{sql}\nINTO OUTFILE {target} FORMAT {chosen}", params=dict(params))
        file = stack.enter_context(path.open("rb"))
    finally:
        _forget(path)
    return iter(lambda: file.read(PIECE), b"")


def _forget(path: Path) -> None:
    """The open file keeps its bytes without a name, so that no end of the process leaves it."""
    if path.exists():
        os.unlink(path)


def _started(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Most errors come before the first block, early enough for a status of their own."""
    return chain((next(chunks, b""),), chunks)


def _held(engine: Engine, chunks: Iterator[bytes], stack: ExitStack) -> Iterator[bytes]:
    file = stack.enter_context(spool(engine))
    for chunk in chunks:
        file.write(chunk)
    file.seek(0)
    return iter(lambda: file.read(PIECE), b"")
