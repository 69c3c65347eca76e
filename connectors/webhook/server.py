"""The process of the door: what it is made of, and its start and end."""

import asyncio
import os
import signal
import socket
import time
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import structlog
import uvicorn

from connectors import networks
from connectors.secrets import secret
from connectors.webhook.append import Appender
from connectors.webhook.arrivals import Arrivals
from connectors.webhook.door import Door, Uplinks
from connectors.webhook.drain import Drain
from connectors.webhook.gate import Gate
from connectors.webhook.head import bounded
from connectors.webhook.impatient import Impatient
from connectors.webhook.keeping import Keeping
from connectors.webhook.knowledge import Knowledge
from connectors.webhook.meters import Meters, meters
from connectors.webhook.spool import Spool, opened
from streams.discover import discover
from streams.errors import Stop
from streams.settings import Settings
from streams.topics import UPLINKS
from streams.uplinks import Network

log = structlog.get_logger()
HEADERS_MAX = 32 << 10
KEEP_ALIVE = 20
_GRACE = 3
_LOOK = 1.0
"""Seconds between two looks at what is known."""


def main(settings: Settings) -> None:
    """Receive uplinks until SIGTERM or SIGINT; what is under way is finished first.

    Raises:
        Retry: Kafka or the schema registry does not answer, and nothing is remembered of them.
        Stop: the port or the spool is taken, or this machine's clock is wrong.
    """
    knowledge = Knowledge(settings, wall).start()
    # uvicorn raises a signal again once it has ended; ours is to return instead.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)
    try:
        with listening(settings) as listener:
            asyncio.run(serve(settings, knowledge, listener))
    finally:
        knowledge.close()


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


async def serve(settings: Settings, knowledge: Knowledge, listener: socket.socket) -> None:
    """Serve until a signal; spool and producer end after the last request.

    Raises:
        Stop: the spool cannot be had, or Kafka, back again, is not what it was.
    """
    topic = UPLINKS.name(settings.topic_prefix)
    folder = settings.home / "data" / "spool" / settings.worker_name
    counted = meters()
    async with (
        opened(folder, settings.spool_max, settings.spool_reserve) as spool,
        Appender(settings, topic) as appender,
    ):
        most = settings.webhook_connections_max // 2
        keeping = Keeping(appender.append, spool, settings.spool_after, most, counted.spool)
        if knowledge.remembered:
            keeping.missed("it did not answer at the start")
        shown(counted, knowledge, spool)
        serving = server(settings, door(settings, knowledge, keeping, counted))
        log.info("listening", address=listener.getsockname()[:2], spooled=spool.records)
        drain = Drain(keeping, settings.produce_timeout + _GRACE)
        async with beside(serving, spool.write(), drain.run(), looked_after(knowledge)):
            await serving.serve(sockets=[listener])
    log.info("ended")


def door(settings: Settings, knowledge: Knowledge, keeping: Keeping, counted: Meters) -> Door:
    """A door of this process."""
    return Door(
        settings=settings,
        registry=knowledge.registry,
        networks=discover(networks, Network),
        gate=Gate(lambda name: secret(settings.home, name, os.environ)),
        arrivals=Arrivals(wall, settings.clock == "simulated", counted.arrivals_ignored),
        uplinks=Uplinks(knowledge.encode, keeping.keep),
        new_id=lambda: os.urandom(16).hex(),
        meters=counted,
    )


def shown(counted: Meters, knowledge: Knowledge, spool: Spool) -> None:
    """Metrics that are looked up when they are asked for."""
    counted.remembered.set_function(lambda: knowledge.remembered)
    counted.spool.size.set_function(lambda: spool.size)
    counted.spool.records.set_function(lambda: spool.records)
    counted.spool.oldest.set_function(
        lambda: 0.0 if spool.since is None else max(0.0, wall() / 1e6 - spool.since / 1e3)
    )


async def looked_after(knowledge: Knowledge) -> None:
    """Write down what is known whenever it changes, for ever.

    Raises:
        Stop: Kafka, back again, is not what it was.
    """
    while True:
        knowledge.check()
        try:
            await asyncio.to_thread(knowledge.remember)
        except OSError as e:
            log.error("memory", reason=str(e), remedy="the home must be writable")
        await asyncio.sleep(_LOOK)


@asynccontextmanager
async def beside(
    serving: uvicorn.Server, *endless: Coroutine[Any, Any, None]
) -> AsyncIterator[None]:
    """What runs as long as the server does; one that fails ends it, and is raised then."""
    tasks = [asyncio.create_task(each) for each in endless]
    for task in tasks:
        task.add_done_callback(lambda _: setattr(serving, "should_exit", True))
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
    for task in tasks:
        if not task.cancelled() and (failure := task.exception()):
            raise failure
