"""The superseded values of a compacted topic, gone for good.

A key without a value is all that readers see of what was removed, but its former values lie in
the log until the broker cleans it. For the length of a block the topic is cleaned eagerly.

Source: Apache Kafka documentation, "Log Compaction" and "Topic Configs".
"""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from confluent_kafka import KafkaException
from confluent_kafka.admin import (
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    ResourceType,
)

from connectors.erasure.reading import Reader
from streams.errors import Retry
from streams.handler import Record
from streams.kafka import CALL, high_watermarks
from streams.settings import Settings

EAGER = {"segment.ms": "100", "min.cleanable.dirty.ratio": "0", "delete.retention.ms": "0"}
DELETABLE = {"cleanup.policy": "compact,delete"}
"""With it the head of a compacted topic can be removed."""

ROUND = 6.0
"""Seconds between two looks; the cleaner rests as long."""


@contextmanager
def configured(settings: Settings, topic: str, values: Mapping[str, str]) -> Iterator[None]:
    """A topic with other settings for the length of the block; those of its own come back.

    Raises:
        Retry: the broker does not do it.
    """
    admin = AdminClient({"bootstrap.servers": settings.kafka, "log_level": 0})
    resource = ConfigResource(ResourceType.TOPIC, topic)
    try:
        [asked] = admin.describe_configs([resource], request_timeout=CALL).values()
        before = {name: asked.result(CALL)[name].value or "" for name in values}
        _set(admin, topic, values)
        try:
            yield
        finally:
            _set(admin, topic, before)
    except KafkaException as e:
        raise Retry(f"the settings of {topic} cannot be changed for a moment: {e}") from e


def _set(admin: AdminClient, topic: str, values: Mapping[str, str]) -> None:
    entries = [
        ConfigEntry(name, value, incremental_operation=AlterConfigOpType.SET)
        for name, value in values.items()
    ]
    resource = ConfigResource(ResourceType.TOPIC, topic, incremental_configs=entries)
    for done in admin.incremental_alter_configs([resource], request_timeout=CALL).values():
        done.result(CALL)


def clean(
    reader: Reader,
    topic: str,
    concerns: Callable[[Record], bool],
    nudge: Callable[[], None],
    deadline: float,
) -> int:
    """How many records of a compacted topic are still there that should be gone, 0 at best.

    ``nudge`` makes the topic be written to: the broker never cleans the segment that it writes.
    ``deadline`` is of :func:`time.monotonic`.

    Raises:
        Retry: Kafka does not answer.
    """
    with configured(reader.settings, topic, EAGER):
        while (count := _count(reader, topic, concerns)) and time.monotonic() < deadline:
            nudge()
            time.sleep(ROUND)
    return count


def _count(reader: Reader, topic: str, concerns: Callable[[Record], bool]) -> int:
    ends = high_watermarks(reader.settings, topic).items()
    return sum(concerns(r) for p, end in ends for r in reader.records(topic, p, end))
