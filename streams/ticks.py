"""Time as a message: a tick a minute on every partition of uplinks."""

import signal
import threading
import time
from collections.abc import Callable
from typing import Any

import structlog
from confluent_kafka import Producer

from streams import topics
from streams.duration import MINUTE
from streams.errors import Retry
from streams.kafka import producer_options
from streams.schema_registry import connect
from streams.settings import Settings
from streams.wire import Wire

log = structlog.get_logger()
LEAVE = 5.0
"""Seconds that what is done beside may take to end."""


def send_ticks(producer: Producer, settings: Settings, wire: Wire, *minutes: int) -> None:
    """A tick of each minute to every partition of uplinks, acknowledged; UTC microseconds.

    Raises:
        Retry: Kafka did not acknowledge in time; a tick sent twice does no harm.
    """
    failed: list[Any] = []
    topic = topics.UPLINKS.name(settings.topic_prefix)
    for at in minutes:
        message = wire.encode("Tick", {"at": at})
        for partition in range(settings.partitions):
            producer.produce(
                topic,
                message,
                partition=partition,
                timestamp=at // 1000,
                on_delivery=lambda error, _: failed.append(error) if error else None,
            )
    if producer.flush(settings.produce_timeout) or failed:
        raise Retry(f"the ticks of {minutes} were not acknowledged: {failed[:3]}")


def first_tick(settings: Settings, wire: Wire) -> None:
    """A tick now, before any worker: a group's first committed offset is then not 0, which Faust
    takes for none, and a clock that stood still while vigie was down is set right.

    Raises:
        Retry: Kafka did not acknowledge in time.
    """
    if settings.clock == "wall":
        send_ticks(Producer(producer_options(settings)), settings, wire, time.time_ns() // 1000)


def main(settings: Settings, *beside: Callable[[threading.Event], None]) -> None:
    """Send a tick at every full minute of the wall clock, until a signal says stop.

    What is to be done ``beside`` gets a thread each, and the event that says stop; what escapes
    from one ends the process, which its supervisor starts anew. On a simulated clock the ticks come
    from the simulator, and this process only waits.
    """
    stop, failed = threading.Event(), list[BaseException]()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    threads = [threading.Thread(target=_beside, args=(b, stop, failed)) for b in beside]
    for thread in threads:
        thread.daemon = True
        thread.start()
    _tick(settings, stop)
    for thread in threads:
        thread.join(LEAVE)
    if failed:
        raise failed[0]


def _beside(
    work: Callable[[threading.Event], None], stop: threading.Event, failed: list[BaseException]
) -> None:
    try:
        work(stop)
    except BaseException as e:  # noqa: BLE001  # the main thread raises it
        failed.append(e)
        stop.set()


def _tick(settings: Settings, stop: threading.Event) -> None:
    wire = connect(settings)
    producer = Producer(producer_options(settings))
    while not stop.is_set():
        if settings.clock == "simulated":
            stop.wait()
            return
        now = time.time_ns() // 1000
        try:
            send_ticks(producer, settings, wire, now - now % MINUTE)
        except Retry as e:
            log.warning("ticks_late", reason=str(e))
        stop.wait((MINUTE - time.time_ns() // 1000 % MINUTE) / 1e6)
