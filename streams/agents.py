"""The way of the data, as agents: uplinks → decode → readings → observe → observations, windows,
conditions → watch → alerts.

Faust gives the group membership, the assignment and the fetching. It keeps neither our state nor
our position: an event is acked when its transaction is done, and the host decides what is new.
"""

import asyncio
import logging
import os
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import faust
import structlog

from streams.codecs.sandbox import sandbox
from streams.decode import decode
from streams.dispatch import Dispatch
from streams.duration import HOUR
from streams.follower import Follower
from streams.garbage import collect_seldom
from streams.host import Host
from streams.lane import Phase
from streams.observe import observe
from streams.schema_registry import connect
from streams.settings import Settings
from streams.transport import Runs, Transport
from streams.uplinks import Network
from streams.watch import watch
from streams.watchdog import Watchdog

log = structlog.get_logger()

LEFT = 70
"""Exit code of a worker that its supervisor shall start anew (EX_SOFTWARE of sysexits)."""


GRACE = 8.0
"""Seconds in which a worker that is told to end does so in good order."""

FETCH = 4 << 20
"""Bytes of one partition at a time: in a backlog some thousand readings, judged in one go."""


def application(settings: Settings) -> Any:
    """A Faust app on its short lead: no codecs, no tables, no topics of its own making."""
    app = faust.App(
        settings.application,
        broker=[f"kafka://{server}" for server in settings.kafka.split(",")],
        autodiscover=False,
        web_enabled=False,
        store="memory://",
        datadir=str(settings.home / "run" / f"faust-{settings.worker_name}"),
        topic_allow_declare=False,
        topic_partitions=settings.partitions,
        stream_wait_empty=True,
        broker_session_timeout=settings.session_timeout,
        broker_heartbeat_interval=settings.session_timeout / 3,
        broker_max_poll_records=settings.batch_max,
        consumer_max_fetch_size=FETCH,
        broker_commit_interval=1.0,
        consumer_auto_offset_reset="earliest",
        consumer_group_instance_id=f"{settings.application}-{settings.worker_name}",
    )
    app.transport = Transport([app.conf.broker_consumer[0]], app, loop=None)
    return app


def leave(why: str) -> None:
    """Exit at once, without a word to Kafka: what is not committed will be done again."""
    log.critical("leaving", reason=why)
    logging.shutdown()
    os._exit(LEFT)


def drive(app: Any, host: Host[Any], pool: ThreadPoolExecutor, settings: Settings) -> None:
    """One agent for one host."""
    topic = app.topic(host.handler.topic.name(settings.topic_prefix), schema=Runs())

    async def agent(stream: Any) -> None:
        mine = stream.noack()
        dispatch = Dispatch(
            *(host.process, mine.ack, lambda e: leave(f"{host.handler.name}: {e!r}"), pool),
            *(settings.batch_within, settings.batch_max),
        )
        async for event in mine.events():
            dispatch.take(event)

    app.agent(topic, name=f"{settings.application}.{host.handler.name}", concurrency=1)(agent)


def follow_assignment(
    app: Any, hosts: Sequence[Host[Any]], pool: ThreadPoolExecutor, settings: Settings
) -> None:
    """Tell the hosts what is theirs, from Faust's signals."""

    async def assigned(_app: Any, tps: Any, **_: Any) -> None:
        for host in hosts:
            topic = host.handler.topic.name(settings.topic_prefix)
            host.assign(frozenset(tp.partition for tp in tps if tp.topic == topic))
            opened = asyncio.get_running_loop().run_in_executor(pool, host.open)
            opened.add_done_callback(_leave_if_failed)

    async def revoked(_app: Any, _tps: Any, **_: Any) -> None:
        for host in hosts:
            host.revoke()

    app.on_partitions_assigned.connect(assigned, weak=False)
    app.on_partitions_revoked.connect(revoked, weak=False)


def _leave_if_failed(opened: "asyncio.Future[None]") -> None:
    if not opened.cancelled() and (error := opened.exception()):
        leave(f"a partition cannot be opened: {error!r}")


def _quiet(phase: str, info: Mapping[str, object]) -> None:
    log.debug(phase, **info)


def main(
    settings: Settings,
    networks: Mapping[str, Network],
    on_phase: Phase = _quiet,
) -> None:
    """Run a worker until a signal stops it.

    ``on_phase(phase, info)`` is called at the begin, when judged, sent and committed of every
    batch, in the thread that does it.
    """
    wire = connect(settings)
    follower = Follower(settings, wire).start()
    collect_seldom()
    with sandbox(settings) as run:
        declared = follower.declarations
        horizon = settings.horizon_hours * HOUR
        hosts: list[Host[Any]] = [
            Host(decode(wire, declared, networks, run), settings, on_phase),
            Host(observe(wire, declared, horizon, settings.partitions), settings, on_phase),
            Host(watch(wire, declared, settings.partitions), settings, on_phase),
        ]
        app = application(settings)
        pool = ThreadPoolExecutor(2 * settings.partitions + len(hosts), "lane")
        for host in hosts:
            drive(app, host, pool, settings)
        follow_assignment(app, hosts, pool, settings)
        watchdog = Watchdog(hosts, settings, leave)
        watchdog.start()
        run_worker(app, hosts, settings)
        watchdog.close()
    follower.close()


class Worker(faust.Worker):  # type: ignore[misc]
    """Faust's own worker, that lets go of what would take long when it is to end."""

    def __init__(self, app: Any, hosts: Sequence[Host[Any]], **options: Any) -> None:
        super().__init__(app, **options)
        self._hosts = hosts

    async def stop(self) -> None:
        """In good order where the broker answers; what is not committed then is done again."""
        log.info("stopping", batches=sum(host.at_work for host in self._hosts))
        last = threading.Timer(GRACE, leave, ["not stopped in time"])
        last.daemon = True
        last.start()
        for host in self._hosts:
            host.stop()
        await super().stop()
        last.cancel()


def run_worker(app: Any, hosts: Sequence[Host[Any]], settings: Settings) -> None:
    """Signals and graceful stop are Faust's; our logs instead of its own."""
    worker = Worker(
        app,
        hosts,
        loglevel=settings.log_level,
        override_logging=False,
        redirect_stdouts=False,
        quiet=True,
    )
    try:
        worker.execute_from_commandline()
    except SystemExit as e:
        if e.code:
            raise
