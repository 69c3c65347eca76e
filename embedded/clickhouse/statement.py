"""What the gateway must know of a statement: its format, and where an insert's data begins.

Not a parser: comments and everything quoted are made illegible, and the few words that matter are
looked for in what remains. The engine parses.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from embedded.clickhouse.refusal import Code, Refusal

STATEMENT_MAX = 1 << 20
"""Bytes of a statement without the data of an insert."""

_OPAQUE = re.compile(
    r"""--[^\n]*|\#[ !][^\n]*|/\*.*?(?:\*/|\Z)
      |'(?:[^'\\]|\\.)*(?:'|\Z)|"(?:[^"\\]|\\.)*(?:"|\Z)|`(?:[^`\\]|\\.)*(?:`|\Z)
      |(?<![\w$])\$(\w*)\$.*?(?:\$\1\$|\Z)""",
    re.DOTALL | re.VERBOSE,
)
_INSERT = re.compile(r"\s*INSERT\b", re.IGNORECASE)
_SOURCE = re.compile(r"[()]|\bFORMAT\s+(\w+)|\b(?:VALUES|SELECT|WITH|WATCH)\b", re.IGNORECASE)
_TAIL = re.compile(r"\bFORMAT\s+(\w+)\s*(SETTINGS\b[^;]*)?[\s;]*\Z", re.IGNORECASE)
_HOST_FILE = re.compile(r"\b(?:INTO\s+OUTFILE|FROM\s+INFILE)\b", re.IGNORECASE)
_ROWS = re.compile(r"[\s(]*(?:SELECT|WITH|FROM)\b", re.IGNORECASE)
_BEFORE_DATA = re.compile(rb";?[ \t\f]*\r?\n?")


@dataclass(frozen=True)
class Query:
    """Anything that carries no data after it; ``format`` as the statement says it."""

    sql: str
    format: str | None
    rows: bool
    """It is a SELECT, whose result may be large."""


@dataclass(frozen=True)
class Insert:
    """``INSERT INTO … FORMAT …``; its data starts at byte ``data_at`` of the request."""

    sql: str
    format: str
    data_at: int


def blanked(sql: str) -> str:
    """The statement with comments as spaces, and strings and quoted names as quotation marks;
    same length. What is quoted is no space: a statement may end with it."""
    return _OPAQUE.sub(lambda found: ("'" if found[0][0] in "'\"`$" else " ") * len(found[0]), sql)


def parse(head: bytes, formats: Mapping[str, str], *, whole: bool) -> Query | Insert:
    """The statement at the start of a request.

    ``head`` is its first ``STATEMENT_MAX`` bytes, ``whole`` says that there are no more;
    ``formats`` has the engine's formats by lower-case name.

    Raises:
        Refusal: it reads or writes a file of the host, or is too long.
    """
    text = head.decode("latin-1")  # one character per byte, so that positions agree
    bare = blanked(text)
    found = _data_format(bare, formats)
    if found:
        _refuse_host_files(bare[: found.start()])
        start = _BEFORE_DATA.match(head, found.end())
        data_at = start.end() if start else found.end()
        return Insert(_utf8(text[: found.start()]), formats[found[1].lower()], data_at)
    if not whole:
        raise Refusal(
            Code.TOO_MANY_BYTES,
            f"The statement is longer than {STATEMENT_MAX} bytes. Send data as "
            "INSERT INTO … FORMAT …, or shorten it.",
        )
    _refuse_host_files(bare)
    return _query(text, bare, formats)


def _query(text: str, bare: str, formats: Mapping[str, str]) -> Query:
    rows = bool(_ROWS.match(bare))
    tail = _TAIL.search(bare)
    if tail and tail[1].lower() in formats:
        settings = text[tail.start(2) : tail.end(2)] if tail[2] else ""
        sql = f"{text[: tail.start()]}{settings}"
        return Query(_utf8(sql.rstrip()), formats[tail[1].lower()], rows)
    return Query(_utf8(text[: len(bare.rstrip(" \t\r\n\f\v;"))]), None, rows)


def _data_format(bare: str, formats: Mapping[str, str]) -> "re.Match[str] | None":
    """The FORMAT of an insert that brings its data: outside parentheses, before any SELECT."""
    insert = _INSERT.match(bare)
    depth = 0
    for found in _SOURCE.finditer(bare, insert.end()) if insert else ():
        if found[0] in "()":
            depth += 1 if found[0] == "(" else -1
        elif depth == 0 and not found[1]:
            return None
        elif depth == 0 and found[1].lower() in formats:
            return found
    return None


def _refuse_host_files(bare: str) -> None:
    if _HOST_FILE.search(bare):
        raise Refusal(
            Code.INTO_OUTFILE_NOT_ALLOWED,
            "INTO OUTFILE and FROM INFILE are not allowed over HTTP. Read the result, or send "
            "the data, over the connection.",
        )


def _utf8(text: str) -> str:
    try:
        return text.encode("latin-1").decode("utf-8")
    except UnicodeDecodeError as e:
        raise Refusal(Code.BAD_ARGUMENTS, f"The statement is not UTF-8: {e.reason}.") from e
