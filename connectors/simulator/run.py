"""A simulated run of a running vigie: declare the city, play the plan."""

import asyncio
import secrets
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from confluent_kafka import Producer

from connectors.simulator.city import NETWORKS
from connectors.simulator.inventory import inventory, source
from connectors.simulator.plan import Plan
from connectors.simulator.post import Door, Played, play
from streams.declare import declare as publish
from streams.kafka import producer_options
from streams.schema_registry import connect
from streams.settings import Settings
from streams.ticks import send_ticks


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
