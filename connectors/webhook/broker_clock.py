"""The door's clock against the broker's: arrivals are stamped once, so they must be right."""

from collections.abc import Callable
from typing import Any

from confluent_kafka import KafkaException, Producer
from confluent_kafka.admin import AdminClient, NewTopic

from streams.errors import Retry, Stop
from streams.kafka import CALL, producer_options
from streams.settings import Settings

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
            f"the clock of this machine and that of Kafka at {settings.kafka} differ by "
            f"{off / 1e6:.0f} s: set both by NTP, then start again"
        )


def _append_time(settings: Settings) -> int:
    """Milliseconds that the broker stamped on a record of ours."""
    topic = _topic(settings)
    stamped: list[tuple[Any, Any]] = []
    producer = Producer(producer_options(settings))
    producer.produce(topic, b"", on_delivery=lambda error, m: stamped.append((error, m)))
    if producer.flush(CALL) or not stamped or stamped[0][0]:
        raise Retry(f"Kafka at {settings.kafka} does not acknowledge a record on {topic}")
    return int(stamped[0][1].timestamp()[1])


def _topic(settings: Settings) -> str:
    """A topic on which the broker stamps its own time; what is on it means nothing."""
    name = f"{settings.topic_prefix}.clock.v1"
    config = {"message.timestamp.type": "LogAppendTime", "retention.ms": "3600000"}
    wanted = NewTopic(name, 1, settings.replication, config=config)
    admin = AdminClient(producer_options(settings))
    try:
        admin.create_topics([wanted])[name].result(CALL)
    except KafkaException as e:
        if e.args[0].name() != "TOPIC_ALREADY_EXISTS":
            raise Retry(f"Kafka at {settings.kafka} does not answer: {e}") from e
    return name
