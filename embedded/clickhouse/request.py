"""What a request asks: its statement, and how to run it.

Source: ClickHouse documentation, "HTTP interface".
"""

import asyncio
from collections.abc import Mapping
from email import message_from_bytes
from email.policy import HTTP
from typing import IO
from uuid import uuid4

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from embedded.clickhouse.access import User
from embedded.clickhouse.encoding import Inflater
from embedded.clickhouse.execution import Call
from embedded.clickhouse.refusal import Code, Refusal

BODY_TIME = 120.0
"""Seconds to receive a whole request."""
FORM_MAX = 8 << 20
"""Bytes of a form: a statement with its parameters, never data."""

_ABOUT_THE_REQUEST = frozenset(
    {"query", "database", "default_format", "user", "password", "query_id", "quota_key"}
    | {"session_id", "session_timeout", "session_check", "close_session", "stacktrace"}
    | {"wait_end_of_query", "buffer_size", "client_protocol_version", "enable_http_compression"}
    | {"compress", "decompress", "role"}
)
_PARAM = "param_"


def call(request: Request, user: User) -> Call:
    """Database, settings, parameters and format.

    Raises:
        Refusal: it asks for what the gateway or this user cannot do.
    """
    query, headers = request.query_params, request.headers
    if {query.get("compress", "0"), query.get("decompress", "0")} != {"0"}:
        raise Refusal(
            Code.UNSUPPORTED_METHOD,
            "compress and decompress are not supported: use Content-Encoding and Accept-Encoding.",
        )
    if "role" in query:
        raise Refusal(Code.UNKNOWN_ROLE, "There are no roles here.")
    asked = {k: v for k, v in query.items() if not _is_known(k)}
    if asked and not user.sql:
        raise Refusal(Code.ACCESS_DENIED, f"{user.name} may not change settings.")
    readonly = {"readonly": "2"} if request.method == "GET" and user.sql else {}
    return Call(
        database=user.database or query.get("database", headers.get("x-clickhouse-database", "")),
        settings={**user.limits, **asked, **readonly},
        params={k.removeprefix(_PARAM): v for k, v in query.items() if k.startswith(_PARAM)},
        format=query.get("default_format", headers.get("x-clickhouse-format", "TabSeparated")),
        held=query.get("wait_end_of_query") == "1",
    )


def query_id(request: Request) -> str:
    """The id that the client chose, when it is a plain word; else a new one."""
    chosen = request.query_params.get("query_id", "")[:64]
    return chosen if chosen.replace("-", "").isalnum() and chosen.isascii() else str(uuid4())


async def receive(request: Request, body: IO[bytes], most: int) -> None:
    """Write the request's body to ``body``, decompressed, at most ``most`` bytes of it.

    Raises:
        Refusal: it is too large or too slow, or not in its Content-Encoding.
        ClientDisconnect: the client left; nothing was run.
    """
    inflater = Inflater(request.headers.get("content-encoding", "").strip().lower())

    def take(chunk: bytes) -> None:
        for piece in inflater.feed(chunk):
            if body.tell() + len(piece) > most:
                raise Refusal(
                    Code.TOO_MANY_BYTES,
                    f"The request holds more than {most} bytes: send it in parts.",
                )
            body.write(piece)

    try:
        async with asyncio.timeout(BODY_TIME):
            async for chunk in request.stream():
                await run_in_threadpool(take, chunk)
    except TimeoutError as e:
        raise Refusal(
            Code.TIMEOUT_EXCEEDED, f"The request took longer than {BODY_TIME:.0f} s to arrive."
        ) from e
    inflater.end()


def is_form(request: Request) -> bool:
    """Clients send long parameters as a form instead of in the query string."""
    return request.headers.get("content-type", "").startswith("multipart/form-data")


def form(request: Request, body: IO[bytes]) -> tuple[str, Mapping[str, str]]:
    """The statement and the parameters of a form (RFC 7578).

    Raises:
        Refusal: it has a file, which would be an external table, or an unknown field.
    """
    body.seek(0)
    content = body.read(FORM_MAX + 1)
    if len(content) > FORM_MAX:
        raise Refusal(Code.TOO_MANY_BYTES, f"The form holds more than {FORM_MAX} bytes.")
    kind = request.headers["content-type"].encode("latin-1")
    fields: dict[str, str] = {}
    message = message_from_bytes(b"Content-Type: %b\r\n\r\n%b" % (kind, content), policy=HTTP)
    for part in message.iter_parts():
        name = part.get_param("name", header="content-disposition")
        if part.get_filename() or not isinstance(name, str):
            raise Refusal(Code.UNSUPPORTED_METHOD, "External tables are not supported.")
        value = part.get_payload(decode=True)
        fields[name] = value.decode("utf-8", "replace") if isinstance(value, bytes) else ""
    if wrong := [name for name in fields if name != "query" and not name.startswith(_PARAM)]:
        raise Refusal(Code.BAD_ARGUMENTS, f"Unknown field {wrong[0][:50]!r} in the form.")
    statement = fields.pop("query", "")
    return statement, {k.removeprefix(_PARAM): v for k, v in fields.items()}


def _is_known(name: str) -> bool:
    return name in _ABOUT_THE_REQUEST or name.startswith(_PARAM)
