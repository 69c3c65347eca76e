"""A result on its way to the client, and an error that comes too late for a status.

Source: ClickHouse documentation, "HTTP interface"; for the block that marks an exception within
a body: src/Server/HTTP/WriteBufferFromHTTPServerResponse.cpp.
"""

import json
import secrets
from collections.abc import Iterator

import structlog
from starlette.concurrency import run_in_threadpool
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from embedded.clickhouse.encoding import deflated
from embedded.clickhouse.execution import Answer
from embedded.clickhouse.refusal import refusal

log = structlog.get_logger()

_MEDIA = {
    "TSV": "text/tab-separated-values; charset=UTF-8",
    "TabSeparated": "text/tab-separated-values; charset=UTF-8",
    "CSV": "text/csv; charset=UTF-8",
    "JSON": "application/json; charset=UTF-8",
    "JSONCompact": "application/json; charset=UTF-8",
    "JSONEachRow": "application/x-ndjson; charset=UTF-8",
}


class _Cut(Exception):
    """The result ended before its end."""


class AnswerResponse(StreamingResponse):
    """Streams an answer and ends its query, whether the client stays or leaves."""

    def __init__(self, answer: Answer, query_id: str, version: str, encoding: str) -> None:
        self._answer = answer
        self._version = version
        self._tag = secrets.token_hex(8)
        headers = {
            "X-ClickHouse-Query-Id": query_id,
            "X-ClickHouse-Format": answer.format,
            "X-ClickHouse-Timezone": "UTC",
            "X-ClickHouse-Exception-Tag": self._tag,
        }
        if answer.written is not None:
            headers["X-ClickHouse-Summary"] = json.dumps({"written_rows": str(answer.written)})
        if encoding:
            headers["Content-Encoding"] = encoding
        media = _MEDIA.get(answer.format, "application/octet-stream")
        self._failed = False
        super().__init__(self._body(encoding), headers=headers, media_type=media)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        except _Cut:
            # Without its last chunk nobody takes the body for a whole result: the server, given
            # no end of the body, closes the connection.
            return
        finally:
            await run_in_threadpool(self._answer.close)

    def _body(self, encoding: str) -> Iterator[bytes]:
        yield from deflated(self._told(), encoding)
        if self._failed:
            raise _Cut

    def _told(self) -> Iterator[bytes]:
        try:
            yield from self._answer.chunks
        except RuntimeError as e:
            self._failed = True
            failure = refusal(e)
            log.warning("failed on the way", code=failure.code, why=failure.message[:500])
            yield self._exception(failure.text(self._version).encode())

    def _exception(self, text: bytes) -> bytes:
        tag = self._tag.encode()
        mark = b"__exception__\r\n"
        return b"\r\n%b%b\r\n%b%d %b\r\n%b" % (mark, tag, text, len(text), tag, mark)
