"""Errors as ClickHouse's HTTP interface tells them: a code, a text, an HTTP status.

Sources: ClickHouse, src/Common/ErrorCodes.cpp (codes and names) and
src/Server/HTTP/exceptionCodeToHTTPStatus.cpp (statuses).
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from enum import IntEnum


class Code(IntEnum):
    """The codes that the gateway gives by itself; the engine's own pass through."""

    UNSUPPORTED_METHOD = 1
    BAD_ARGUMENTS = 36
    TIMEOUT_EXCEEDED = 159
    CANNOT_DECOMPRESS = 271
    TOO_MANY_BYTES = 307
    UNKNOWN_FORMAT = 73
    QUERY_NOT_ALLOWED = 620
    INTO_OUTFILE_NOT_ALLOWED = 358
    ACCESS_DENIED = 497
    UNKNOWN_ROLE = 511
    AUTHENTICATION_FAILED = 516
    STD_EXCEPTION = 1001


_STATUS: Mapping[int, tuple[int, ...]] = {
    400: (
        *(6, 8, 15, 25, 26, 27, 36, 37, 38, 41, 44, 53, 62, 72, 117, 123, 167, 168, 223),
        *(271, 321, 358, 376, 427, 441, 675, 676),
    ),
    403: (497, 516),
    404: (46, 47, 50, 56, 60, 63, 73, 78, 81, 115, 152, 336, 511, 620),
    408: (159,),
    411: (381,),
    413: (229, 307),
    501: (1, 48),
    503: (76, 209, 439),
}
_STATUS_OF = {code: status for status, codes in _STATUS.items() for code in codes}
_CODE = re.compile(r"Code: (\d+)\. ")


class Refusal(Exception):
    """What a statement gets instead of a result."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message

    @property
    def status(self) -> int:
        """The HTTP status, 500 for every code that says nothing about the request."""
        return _STATUS_OF.get(self.code, 500)

    def text(self, version: str) -> str:
        """One line as ClickHouse writes it; clients read code, text and name from it."""
        if _CODE.match(self.message):
            return f"{self.message.strip()} (version {version})\n"
        name = Code(self.code).name
        return f"Code: {self.code}. DB::Exception: {self.message} ({name}) (version {version})\n"


def refusal(error: RuntimeError) -> Refusal:
    """The engine's error; its code stands in its text."""
    text = str(error)
    found = _CODE.search(text)
    if not found:
        return Refusal(Code.STD_EXCEPTION, text)
    return Refusal(int(found[1]), text[found.start() :])


@contextmanager
def refusing() -> Iterator[None]:
    """Turns the engine's errors into refusals."""
    try:
        yield
    except RuntimeError as e:
        raise refusal(e) from e
