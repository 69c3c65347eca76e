"""Lines of a file as the bytes that they are, in any encoding that a table may have.

A line is a row, whatever its quotes say: a quote that is never closed costs its own row and not
the rest of the file.
"""

import codecs
from collections.abc import Iterator
from typing import BinaryIO

LINE_MAX = 64 << 10
"""Bytes of one line; of a longer one only so many are kept."""

_MARKS = {
    "utf-8": ((codecs.BOM_UTF8, "utf-8"),),
    "utf-16": ((codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be")),
}
_UNMARKED = {"utf-16": "utf-16-le"}


def opening(file: BinaryIO, encoding: str) -> tuple[bytes, str]:
    """The byte order mark at the head of a file, maybe none, and the codec of its lines.

    Afterwards the file stands behind the mark. UTF-16 without a mark is little-endian, as
    Windows writes it.
    """
    start = file.read(3)
    for mark, codec in _MARKS.get(encoding, ()):
        if start.startswith(mark):
            file.seek(len(mark))
            return mark, codec
    file.seek(0)
    return b"", _UNMARKED.get(encoding, encoding)


def lines(file: BinaryIO, codec: str) -> Iterator[bytes]:
    """Every line from where the file stands, its end included.

    Of a line of more than :data:`LINE_MAX` bytes the rest is passed over and its end is missing.
    """
    end = "\n".encode(codec)
    while line := _line(file, end):
        yield line[:LINE_MAX]
        while len(line) > LINE_MAX and not line.endswith(end):
            line = _line(file, end)


def _line(file: BinaryIO, end: bytes) -> bytes:
    """A line, or its next part; in UTF-16 a whole number of its units."""
    if len(end) == 1:
        return file.readline(LINE_MAX + 1)
    line = bytearray()
    while part := file.readline(LINE_MAX + 2 - len(line)):
        line += part
        if len(line) % 2:
            line += file.read(1)
        if len(line) > LINE_MAX or (line.endswith(end) and len(line) % 2 == 0):
            break
    return bytes(line)
