"""The process of the door: what it is made of, and its start and end."""

import asyncio
import os
import signal
import socket
import time
from collections.abc import Callable
from uuid import uuid4

import structlog
import uvicorn

from connectors import networks
from connectors.secrets import secret
from connectors.webhook import broker_clock
from connectors.webhook.append import Appender
from connectors.webhook.arrivals import Arrivals
from connectors.webhook.door import Door, Uplinks
from connectors.webhook.gate import Gate
from connectors.webhook.head import bounded
from connectors.webhook.impatient import Impatient
from connectors.webhook.meters import Meters
from streams.discover import discover
from streams.errors import Stop
from streams.follower import Follower
from streams.registry import Registry
from streams.schema_registry import connect
from streams.settings import Settings
from streams.topics import UPLINKS
from streams.uplinks import Network
from streams.wire import Wire

log = structlog.get_logger()
HEADERS_MAX = 32 << 10
KEEP_ALIVE = 20
_GRACE = 3


def main(settings: Settings) -> None:
    """Receive uplinks until SIGTERM or SIGINT; what is under way is finished first.

    Raises:
        Retry: Kafka or the schema registry does not answer.
        Stop: the port is taken, or this machine's clock is wrong.
    """
    wire = connect(settings)
    if settings.clock == "wall":
        broker_clock.check(settings, wall)
    # uvicorn raises a signal again once it has ended; ours is to return instead.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)
    follower = Follower(settings, wire).start()
    try:
        with listening(settings) as listener:
            asyncio.run(serve(settings, wire, lambda: follower.current, listener))
    finally:
        follower.close()


def wall() -> int:
    """This machine's clock, UTC microseconds."""
    return time.time_ns() // 1000


def listening(settings: Settings) -> socket.socket:
    """The socket of the door.

    Raises:
        Stop: the port cannot be had.
    """
    family = socket.AF_INET6 if ":" in settings.webhook_host else socket.AF_INET
    address = (settings.webhook_host, settings.webhook_port)
    try:
        return socket.create_server(address, family=family, backlog=1024)
    except OSError as e:
        raise Stop(
            f"the webhook cannot listen on {address[0]}:{address[1]} ({e.strerror}): end what "
            "holds the port or set VIGIE_WEBHOOK_PORT"
        ) from e


def server(settings: Settings, door: Door) -> uvicorn.Server:
    """uvicorn for a door, with every wait and every queue bounded."""
    return uvicorn.Server(
        uvicorn.Config(
            bounded(door.application(), HEADERS_MAX),
            http=Impatient,
            ws="none",
            lifespan="off",
            log_config=None,
            # Its warnings are one a request that a stranger breaks: anybody could fill the disk.
            log_level="error",
            access_log=False,
            server_header=False,
            date_header=False,
            proxy_headers=False,
            limit_concurrency=settings.webhook_connections_max,
            h11_max_incomplete_event_size=HEADERS_MAX,
            timeout_keep_alive=KEEP_ALIVE,
            timeout_graceful_shutdown=int(settings.produce_timeout) + _GRACE,
        )
    )


async def serve(
    settings: Settings, wire: Wire, registry: Callable[[], Registry], listener: socket.socket
) -> None:
    """Serve until a signal; the producer ends after the last request."""
    async with Appender(settings, UPLINKS.name(settings.topic_prefix)) as appender:
        meters = Meters()
        door = Door(
            settings=settings,
            registry=registry,
            networks=discover(networks, Network),
            gate=Gate(lambda name: secret(settings.home, name, os.environ)),
            arrivals=Arrivals(wall, settings.clock == "simulated", meters.arrivals_ignored),
            uplinks=Uplinks(lambda record: wire.encode("Uplink", record), appender.append),
            new_id=lambda: uuid4().hex,
            meters=meters,
        )
        log.info("listening", address=listener.getsockname()[:2])
        await server(settings, door).serve(sockets=[listener])
    log.info("ended")
