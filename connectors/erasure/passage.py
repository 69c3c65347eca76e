"""Waiting until those who read a topic have passed what was on it."""

import json
import time
from collections.abc import Callable, Mapping

from confluent_kafka import Consumer, KafkaException, TopicPartition

from connectors.erasure.reading import Reader
from streams.errors import Retry
from streams.kafka import CALL, consumer_options, high_watermarks
from streams.lane import position_key
from streams.settings import Settings
from streams.topics import STATE, Topic

_PAUSE = 0.5
_CHUNK = 5000

Positions = Callable[[], Mapping[int, int]]
"""The offset of the last record that is done, by partition."""


def passed(
    reader: Reader, topic: Topic, positions: Positions, who: str, deadline: float
) -> dict[int, int]:
    """The ends of a topic as they are now, once all before them is done.

    ``deadline`` is of :func:`time.monotonic`; ``who`` is named where it takes too long.

    Raises:
        Retry: it did.
    """
    name = topic.name(reader.settings.topic_prefix)
    ends = high_watermarks(reader.settings, name)
    waiting = dict(ends)
    while waiting:
        done = positions()
        for partition, end in list(waiting.items()):
            at = done.get(partition, -1) + 1
            if next(reader.records(name, partition, end, at), None) is None:
                del waiting[partition]
        if waiting and time.monotonic() > deadline:
            raise Retry(
                f"{who} has not passed all of {name} in time: does `vigie status` show it "
                "running? The erasure is declared and holds; run it again to finish"
            )
        if waiting:
            time.sleep(_PAUSE)
    return ends


class Workers:
    """The positions of the workers, as their state topic has them; closes with its block."""

    def __init__(self, settings: Settings) -> None:
        topic = STATE.name(settings.topic_prefix)
        options = consumer_options(settings, f"{settings.application}-by-hand")
        self._consumer = Consumer(options)
        where = [TopicPartition(topic, p, 0) for p in range(settings.partitions)]
        self._consumer.assign(where)
        self._found: dict[tuple[bytes, int], tuple[int, int]] = {}

    def __enter__(self) -> "Workers":
        return self

    def __exit__(self, *_: object) -> None:
        self._consumer.close()

    def positions(self, handler: str) -> Mapping[int, int]:
        """Where a handler is on each partition of its topic."""
        return {p: offset for p, (offset, _) in self._of(handler).items()}

    def clocks(self, handler: str) -> Mapping[int, int]:
        """The highest arrival that a handler has met on each partition, UTC microseconds."""
        return {p: clock for p, (_, clock) in self._of(handler).items()}

    def _of(self, handler: str) -> Mapping[int, tuple[int, int]]:
        key = position_key(handler)
        while messages := self._consumer.consume(_CHUNK, _PAUSE):
            for message in messages:
                value = None if message.error() else message.value()
                if value is not None and (message.key() or b"").startswith(b"position/"):
                    said = json.loads(value)
                    place = (message.key() or b"", message.partition() or 0)
                    self._found[place] = said["offset"], said["clock"]
        return {p: found for (of, p), found in self._found.items() if of == key}


def committed(settings: Settings, group: str, topic: Topic) -> Positions:
    """The positions of a consumer group."""
    name = topic.name(settings.topic_prefix)
    where = [TopicPartition(name, p) for p in range(topic.count(settings))]

    def positions() -> Mapping[int, int]:
        consumer = Consumer(consumer_options(settings, group))
        try:
            found = consumer.committed(where, timeout=CALL)
        except KafkaException as e:
            raise Retry(f"what {group} has stored is not known: {e}") from e
        finally:
            consumer.close()
        return {of.partition: of.offset - 1 for of in found if of.offset >= 0}

    return positions
