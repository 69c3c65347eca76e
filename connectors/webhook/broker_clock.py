"""The door's clock against the broker's: arrivals are stamped once, so they must be right."""

from collections.abc import Callable
from typing import Any

from confluent_kafka import Producer

from streams.errors import Retry, Stop
from streams.kafka import CALL, producer_options
from streams.settings import Settings, masked
from streams.topics import CLOCK

OFF_MAX = 300_000_000
"""Microseconds that the two clocks may differ."""


def check(settings: Settings, clock: Callable[[], int]) -> None:
    """Compare ``clock()``, UTC microseconds, with the time that the broker stamps on a record.

    Raises:
        Retry: Kafka does not answer.
        Stop: they differ by more than five minutes.
    """
    before = clock()
    broker = _append_time(settings) * 1000
    off = max(before - broker, broker - clock(), 0)
    if off > OFF_MAX:
        raise Stop(
            f"the clock of this machine and that of Kafka at {masked(settings.kafka)} differ by "
            f"{off / 1e6:.0f} s: set both by NTP, then start again"
        )


def _append_time(settings: Settings) -> int:
    """Milliseconds that the broker stamped on a record of ours."""
    topic = CLOCK.name(settings.topic_prefix)
    stamped: list[tuple[Any, Any]] = []
    producer = Producer(producer_options(settings))
    producer.produce(topic, b"", on_delivery=lambda error, m: stamped.append((error, m)))
    if producer.flush(CALL) or not stamped or stamped[0][0]:
        raise Retry(f"Kafka at {masked(settings.kafka)} does not acknowledge a record on {topic}")
    return int(stamped[0][1].timestamp()[1])
