"""A simulated run of a running vigie: declare the city, play the plan, let it settle."""

import asyncio
import secrets
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

from clickhouse_connect.driver.client import Client
from confluent_kafka import Producer

from connectors.simulator.city import NETWORKS
from connectors.simulator.inventory import inventory, source
from connectors.simulator.plan import SECOND, Plan
from connectors.simulator.post import Door, Played, play
from connectors.store.client import connect as connect_store
from connectors.store.queries import ask
from streams.declare import declare as publish
from streams.errors import Stop
from streams.kafka import producer_options
from streams.schema_registry import connect
from streams.settings import Settings
from streams.ticks import send_ticks

_LOOK = 0.2
"""Seconds between two looks at the store."""
_TOPICS = {"observations", "windows"}


def declare(settings: Settings, plan: Plan) -> None:
    """The sources' secrets, the inventory and a first tick; before anything reads them.

    The clock is the simulated one, so the tick that a group needs before its first message comes
    from here.
    """
    for network in NETWORKS:
        path = _secret(settings, network)
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(24), "utf-8")
    wire = connect(settings)
    publish(settings, wire, inventory(plan), plan.start, "simulator")
    send_ticks(Producer(producer_options(settings)), settings, wire, plan.start)


def _secret(settings: Settings, network: str) -> Path:
    return settings.home / "secrets" / source(network).secret[0]


def post(settings: Settings, plan: Plan, progress: Callable[[int], None]) -> Played:
    """Play the plan; ``progress(n)`` hears how many posts are acknowledged.

    It is played in a thread of its own, so that Ctrl-C ends it between two simulated hours and
    not inside the event loop.

    Raises:
        Retry: the door or Kafka does not answer.
        Stop: the door refuses.
    """
    known = {n: _secret(settings, n).read_text("utf-8") for n in NETWORKS}
    door = Door(f"http://{settings.webhook_host}:{settings.webhook_port}", known)
    producer = Producer(producer_options(settings))
    wire = connect(settings)

    def tick(minutes: Sequence[int]) -> None:
        send_ticks(producer, settings, wire, *minutes)

    stop = threading.Event()
    with ThreadPoolExecutor(1) as pool:
        playing = pool.submit(asyncio.run, play(plan, door, tick, progress, stop.is_set))
        try:
            return playing.result()
        finally:
            stop.set()


def settle(settings: Settings, last: int, patience: float) -> None:
    """Wait until the sink has met the last tick, ``last`` in UTC microseconds, everywhere.

    Raises:
        Stop: nothing moved for ``patience`` seconds.
    """
    store = connect_store(settings)
    reached, since = -1, time.monotonic()
    while (now := _stored_until(store, settings.partitions)) < last:
        if now > reached:
            reached, since = now, time.monotonic()
        if time.monotonic() - since > patience:
            raise Stop(
                f"the store stands at {_instant(reached)} and the last tick is {_instant(last)}: "
                f"the logs in {settings.home / 'logs'} say why"
            )
        time.sleep(_LOOK)


def _stored_until(store: Client, partitions: int) -> int:
    """The tick up to which every partition is stored, UTC microseconds; 0 before the first."""
    rows = ask(store, "frontier")
    if {r["topic"] for r in rows if r["partitions"] >= partitions} != _TOPICS:
        return 0
    return min(_micros(r["at"]) for r in rows)


def _micros(at: datetime) -> int:
    return round(at.replace(tzinfo=UTC).timestamp()) * SECOND


def _instant(at: int) -> str:
    return datetime.fromtimestamp(at // SECOND, UTC).isoformat()
