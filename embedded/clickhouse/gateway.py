"""ClickHouse's HTTP interface over the engine, as much of it as its clients use.

``GET /ping``; ``/`` with a statement in the query string, the body, or both, one after the
other; ``/queries/<name>`` runs a query of the catalogue. Not here: sessions (a temporary table
ends with its request), ClickHouse's own block compression (``compress=1``), external tables.
It is no boundary for the user that writes: whoever has that password runs any SQL, functions
that read the host's files and network (``file()``, ``url()``) included. The user that reads sends
none.
Source: ClickHouse documentation, "HTTP interface".
"""

import os
import signal
import socket
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import IO

import structlog
import uvicorn
from pydantic import SecretStr
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from embedded.clickhouse.access import User, authenticate, credentials, reader, writer
from embedded.clickhouse.encoding import accepted
from embedded.clickhouse.engine import Engine, opened
from embedded.clickhouse.execution import Answer, execute, spool
from embedded.clickhouse.refusal import Code, Refusal
from embedded.clickhouse.request import call, form, is_form, query_id, receive
from embedded.clickhouse.response import AnswerResponse
from embedded.home import with_password
from streams.errors import Stop
from streams.resources import CLICKHOUSE
from streams.settings import Settings

log = structlog.get_logger()

BODY_MAX = 1 << 30
"""Bytes of a request once it is decompressed."""
CONNECTIONS_MAX = 256
HEADERS_MAX = 64 << 10
KEEP_ALIVE = 30
"""Seconds an idle connection stays open, as a ClickHouse server keeps it."""
GRACE = 3
"""Seconds that requests get to end when the gateway is told to."""
READER = "reader"


def application(
    engine: Engine,
    users: Sequence[User],
    queries: Mapping[str, str],
    body_max: int = BODY_MAX,
) -> Starlette:
    """The gateway; ``queries`` is the catalogue: text by name, parameters as ``{name:Type}``."""

    async def run(request: Request) -> Response:
        user = authenticate(users, *credentials(request.headers, request.query_params))
        text = _text(request, user, queries)
        if not text and request.method == "GET":
            return PlainTextResponse("Ok.\n")
        with spool(engine) as body:
            inline = text and not is_form(request)
            body.write(f"{text}\n".encode() if inline else b"")
            await receive(request, body, body_max)
            answer = await run_in_threadpool(_answer, engine, user, request, text, body)
        accepts = request.query_params.get("enable_http_compression") == "1"
        encoding = accepted(request.headers.get("accept-encoding", "")) if accepts else ""
        return AnswerResponse(answer, query_id(request), engine.version, encoding)

    async def refused(request: Request, error: Exception) -> Response:
        if not isinstance(error, Refusal):
            raise error
        log.warning("refused", code=error.code, path=request.url.path, why=error.message[:500])
        headers = {"X-ClickHouse-Exception-Code": str(error.code)}
        return PlainTextResponse(error.text(engine.version), error.status, headers)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        yield
        await run_in_threadpool(engine.interrupt)

    return Starlette(
        routes=[
            Route("/ping", _ping),
            Route("/", run, methods=["GET", "POST"]),
            Route("/queries/{name}", run, methods=["GET", "POST"]),
        ],
        exception_handlers={Refusal: refused, ClientDisconnect: _left},
        lifespan=lifespan,
    )


async def _ping(_: Request) -> Response:
    return PlainTextResponse("Ok.\n")


async def _left(_: Request, error: Exception) -> Response:
    log.warning("the client left before its request was whole", error=type(error).__name__)
    return Response(status_code=400)


def _text(request: Request, user: User, queries: Mapping[str, str]) -> str:
    """The statement so far: a query of the catalogue, or what the query string brings."""
    name = request.path_params.get("name")
    if name is None:
        if not user.sql:
            raise Refusal(
                Code.ACCESS_DENIED, f"{user.name} asks by name: GET /queries/<name>?param_<p>=…"
            )
        return request.query_params.get("query", "")
    if name not in queries:
        known = ", ".join(sorted(queries))
        raise Refusal(Code.QUERY_NOT_ALLOWED, f"No query {name[:50]!r}; there are {known}.")
    return queries[name]


def _answer(engine: Engine, user: User, request: Request, text: str, body: IO[bytes]) -> Answer:
    """Whatever a form or a name adds, then the engine."""
    asked = call(request, user)
    named = "name" in request.path_params
    if is_form(request):
        more, params = form(request, body)
        asked = replace(asked, params={**asked.params, **params})
        if not (named and more):
            body.seek(0)
            body.truncate()
            body.write("\n".join(filter(None, (text, more))).encode())
            return execute(engine, asked, body)
    elif not named or body.tell() == len(f"{text}\n".encode()):
        return execute(engine, asked, body)
    raise Refusal(Code.ACCESS_DENIED, "A query of the catalogue takes parameters, no statement.")


def main(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT, then end what runs, close the engine and return.

    Raises:
        Stop: the port is taken, or the folder is another process's; says what to do.
    """
    # The engine takes its time zone from the environment, once, when it is loaded.
    os.environ["TZ"] = "UTC"
    time.tzset()
    settings = with_password(settings, make=True)
    folder = settings.home / "data" / "clickhouse"
    with (
        _listening(settings) as listener,
        opened(folder, settings.clickhouse_database) as engine,
    ):
        served = application(engine, _users(settings), _catalogue())
        for name in (signal.SIGTERM, signal.SIGINT):
            # The server takes them while it runs and gives them again afterwards.
            signal.signal(name, lambda *_: None)
        config = uvicorn.Config(
            served,
            # The bound on headers below is h11's; another parser that is installed has none.
            http="h11",
            log_config=None,
            access_log=False,
            lifespan="on",
            server_header=False,
            limit_concurrency=CONNECTIONS_MAX,
            timeout_keep_alive=KEEP_ALIVE,
            timeout_graceful_shutdown=GRACE,
            h11_max_incomplete_event_size=HEADERS_MAX,
        )
        log.info("serving", address=settings.clickhouse, version=engine.version)
        uvicorn.Server(config).run(sockets=[listener])
    log.info("closed")


def _users(settings: Settings) -> list[User]:
    users = [writer(settings.clickhouse_user, settings.clickhouse_password)]
    kept = settings.home / "secrets" / "clickhouse_reader_password"
    if kept.is_file() and (password := kept.read_text("utf-8").strip()):
        users.append(reader(READER, SecretStr(password), settings.clickhouse_database))
    return users


def _catalogue() -> dict[str, str]:
    return {p.stem: p.read_text("utf-8") for p in sorted((CLICKHOUSE / "queries").glob("*.sql"))}


def _listening(settings: Settings) -> socket.socket:
    try:
        listener = socket.create_server((settings.host, settings.clickhouse_port), backlog=512)
    except OSError as e:
        raise Stop(
            f"cannot listen on {settings.host}:{settings.clickhouse_port}: {e.strerror}; end the "
            "process that has the port, or set VIGIE_CLICKHOUSE_PORT to a free one"
        ) from e
    # asyncio does so for its own sockets only; without it every answer waits for an ACK, 40 ms.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener
