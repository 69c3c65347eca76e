"""Who comes in, what is kept, and when it may be called kept.

In this order: a source that is declared (404), its secret (401), a media type that its network
server's format reads (415), a whole body in time (408) and in bounds (413), room on Kafka or on the
local disk (503 else). Whatever else is wrong with a body is no reason to refuse it:
four network servers of six would lose it. It is kept as it came and judged later.

Nothing that a stranger sends is logged above debug: the log is on the disk that keeps the data.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, replace

import structlog
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.requests import Request as Asked
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from connectors.webhook import body
from connectors.webhook.arrivals import Arrivals
from connectors.webhook.credentials import without
from connectors.webhook.frames import Spooled
from connectors.webhook.gate import RETRY_AFTER, Gate, Stranger
from connectors.webhook.meters import Meters
from streams.errors import Retry
from streams.inventory import Source
from streams.registry import Registry
from streams.settings import Settings
from streams.uplinks import Network, Request

log = structlog.get_logger()
_NAME_SHOWN = 64
SIGNED_MAX = 64 << 10
"""Bytes that whoever comes may make us hold and read before a signature can be checked; what
network servers sign is a tenth of it."""
_CODING = frozenset({"content-encoding", "content-length", "transfer-encoding"})


@dataclass(frozen=True)
class Uplinks:
    """Where uplinks go: ``encode(record)`` to bytes, ``keep`` on Kafka or, while it is away, on
    the disk; Retry where neither takes it."""

    encode: Callable[[Mapping[str, object]], bytes]
    keep: Callable[[Spooled], Awaitable[None]]


@dataclass(frozen=True)
class Door:
    """Everything that the door asks of the world."""

    settings: Settings
    registry: Callable[[], Registry]
    networks: Mapping[str, Network]
    gate: Gate
    arrivals: Arrivals
    uplinks: Uplinks
    new_id: Callable[[], str]
    meters: Meters

    def application(self) -> Starlette:
        """The ASGI application."""
        application = Starlette(
            routes=[
                Route("/v1/{source}", self.post, methods=["POST"]),
                Route("/v1/{source}/{rest:path}", self.post, methods=["POST"]),
                Route("/healthz", self.health, methods=["GET"]),
                Route("/metrics", self.metrics, methods=["GET"]),
            ]
        )
        # A redirection would lead to whatever host the client names.
        application.router.redirect_slashes = False
        return application

    async def post(self, request: Asked) -> Response:
        """Keep one request."""
        request_id = self.new_id()
        chunks = request.stream()
        name = request.path_params["source"]
        source: Source | None = self.registry().get("source", name)
        told = {"request_id": request_id, "source": source.id if source else name[:_NAME_SHOWN]}
        try:
            status = await self._keep(request, chunks, request_id, source)
            answer = Response(status_code=status, headers={"x-request-id": request_id})
        except HTTPException as e:
            say = log.debug if isinstance(e, Stranger) else log.info
            say("refused", status=e.status_code, **told)
            await body.drain(chunks, self.settings.webhook_body_max)
            headers = {"x-request-id": request_id, "connection": "close", **(e.headers or {})}
            answer = Response(e.detail, e.status_code, headers, "text/plain; charset=utf-8")
        except ClientDisconnect:
            log.info("disconnected", **told)
            answer = Response(status_code=400)
        self.meters.requests.labels(source.id if source else "", str(answer.status_code)).inc()
        return answer

    async def _keep(
        self,
        request: Asked,
        chunks: AsyncIterator[bytes],
        request_id: str,
        source: Source | None,
    ) -> int:
        network = self.networks.get(source.network) if source else None
        if source is None or network is None:
            raise Stranger(404, "no such source is declared")
        whole = await self._admitted(request, chunks, source, network)
        arrival = self.arrivals.of(source, whole.headers)
        record = {
            "request_id": request_id,
            "source": source.id,
            "network": network.name,
            "arrival": arrival,
            "headers": _kept(whole.headers, network),
            "query": without(whole.query, network.credentials),
            "body": whole.body,
        }
        # The body is not read here: that would be long for a large one, and all would wait.
        key = (network.device(source, whole.body) or source.id).encode()
        await self._keep_record(key, record, arrival, request_id)
        self.meters.received.labels(source.id).inc(len(whole.body))
        return 204

    async def _admitted(
        self, request: Asked, chunks: AsyncIterator[bytes], source: Source, network: Network
    ) -> Request:
        """The whole request, once it has shown the secrets of its source."""
        head = Request(_joined(request.headers), dict(request.query_params))
        self.gate.head(source, network, head)
        unknown = network.signed and not source.header_secret
        most = self.settings.webhook_body_max
        most = min(most, SIGNED_MAX) if unknown else most
        try:
            _readable(head.headers.get("content-type", ""), network.media)
            content = await self._content(head.headers, chunks, most)
        except (HTTPException, ClientDisconnect) as e:
            if unknown:
                raise _unknown(e) from e
            raise
        # A signature's age is measured by our clock, whatever arrival a simulated source says.
        whole = replace(head, body=content, at=self.arrivals.clock())
        self.gate.whole(source, network, whole)
        return whole

    async def _content(
        self, headers: Mapping[str, str], chunks: AsyncIterator[bytes], most: int
    ) -> bytes:
        length = headers.get("content-length", "")
        if length.isdecimal() and int(length) > most:
            raise body.too_large(most)
        raw = await body.received(chunks, most, self.settings.webhook_body_timeout)
        return body.decoded(raw, headers.get("content-encoding", "").strip().lower(), most)

    async def _keep_record(
        self, key: bytes, record: Mapping[str, object], arrival: int, request_id: str
    ) -> None:
        try:
            with self.meters.kept.time():
                await self.uplinks.keep(Spooled(key, self.uplinks.encode(record), arrival // 1000))
        except Retry as e:
            log.warning("not_kept", request_id=request_id, reason=str(e))
            raise HTTPException(503, "not kept: send it again", {"retry-after": RETRY_AFTER}) from e

    async def health(self, _: Asked) -> Response:
        """Alive, and how many sources it knows."""
        return JSONResponse({"status": "ok", "sources": len(self.registry().all("source"))})

    async def metrics(self, _: Asked) -> Response:
        """Prometheus' text format."""
        return Response(generate_latest(self.meters.registry), media_type=CONTENT_TYPE_LATEST)


def _unknown(error: HTTPException | ClientDisconnect) -> Stranger:
    """What is wrong with a request whose signature nobody has seen yet."""
    if isinstance(error, HTTPException):
        return Stranger(error.status_code, error.detail, error.headers)
    return Stranger(400, "the body is not complete")


def _joined(headers: Headers) -> dict[str, str]:
    """Lower-case names; several of one name in their order, joined by commas (RFC 9110, 5.3)."""
    names: dict[str, list[str]] = {}
    for name, value in headers.items():
        names.setdefault(name, []).append(value)
    return {name: ", ".join(values) for name, values in names.items()}


def _kept(headers: Mapping[str, str], network: Network) -> dict[str, str]:
    """Without credentials, and without what described the bytes in transit."""
    plain = {name: value for name, value in headers.items() if name not in _CODING}
    return without(plain, network.credentials)


def _readable(content_type: str, media: frozenset[str]) -> None:
    kind = content_type.partition(";")[0].strip().lower()
    if kind and kind not in media:
        raise HTTPException(415, f"send {' or '.join(sorted(media))}")
