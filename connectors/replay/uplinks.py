"""The uplinks of a period on their topic: where they lie, how many, how large.

An uplink's Kafka timestamp is its arrival. Nearly all lie in that order, not all: what the door
kept on disk, and what an erasure has moved, lies further behind. So the topic is looked through
from the first one of the period to its end.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from confluent_kafka import Consumer, KafkaException, TopicPartition

from connectors.erasure.reading import Reader
from connectors.replay.pace import is_copy
from streams.errors import Retry, Skip
from streams.handler import Record
from streams.kafka import CALL, consumer_options, high_watermarks
from streams.settings import Settings
from streams.topics import UPLINKS
from streams.wire import Wire

Bounds = tuple[int, int]
"""Offsets ``[first, end)`` of a partition."""

_HEADER = 5


@dataclass
class Found:
    """What a topic has of a period: ``bounds`` by partition, sizes in bytes."""

    bounds: dict[int, Bounds] = field(default_factory=dict)
    keys: set[bytes] = field(default_factory=set)
    uplinks: int = 0
    size: int = 0

    def take(self, record: Record) -> None:
        """One more."""
        first, _ = self.bounds.get(record.partition, (record.offset, 0))
        self.bounds[record.partition] = first, record.offset + 1
        self.keys.add(record.key or b"")
        self.uplinks += 1
        self.size += len(record.value or b"") + len(record.key or b"")


class Uplinks:
    """The topic, read by hand; closes with its block.

    What is neither an uplink nor readable is left out: it has become a dead letter already.
    """

    def __init__(self, settings: Settings, wire: Wire) -> None:
        self._settings, self._wire = settings, wire
        self._topic = UPLINKS.name(settings.topic_prefix)
        self._known: dict[bytes, bool] = {}

    def look(self, since: int, until: int, progress: Callable[[int], None]) -> Found:
        """What arrived in ``[since, until)``, UTC microseconds; ``progress(n)`` hears how many
        were found.

        Raises:
            Retry: Kafka does not answer.
        """
        found = Found()
        starts = self.starts(since)
        ends = high_watermarks(self._settings, self._topic)
        with Reader(self._settings) as reader:
            for partition, start in starts.items():
                for record in reader.records(self._topic, partition, ends[partition], start):
                    if self.wanted(record, since, until):
                        found.take(record)
                        if found.uplinks % 10_000 == 0:
                            progress(found.uplinks)
        return found

    def records(self, partition: int, bounds: Bounds, since: int, until: int) -> Iterator[Record]:
        """The uplinks of a partition within offsets that arrived in ``[since, until)``.

        Raises:
            Retry: Kafka does not answer.
        """
        with Reader(self._settings) as reader:
            for record in reader.records(self._topic, partition, bounds[1], bounds[0]):
                if self.wanted(record, since, until):
                    yield record

    def wanted(self, record: Record, since: int, until: int) -> bool:
        """Whether it is an uplink of the period, and not the copy of one."""
        if not since <= record.timestamp * 1000 < until or not record.value or is_copy(record):
            return False
        schema = record.value[:_HEADER]
        if schema not in self._known:
            self._known[schema] = self._is_uplink(record.value)
        return self._known[schema]

    def _is_uplink(self, message: bytes) -> bool:
        try:
            return self._wire.decode(message)[0] == "Uplink"
        except Skip:
            return False

    def starts(self, since: int) -> dict[int, int]:
        """By partition the first offset of a record that is as young; none where there is none."""
        group = f"{self._settings.application}-by-hand"
        consumer = Consumer(consumer_options(self._settings, group))
        asked = [
            TopicPartition(self._topic, p, since // 1000) for p in range(self._settings.partitions)
        ]
        try:
            found = consumer.offsets_for_times(asked, timeout=CALL)
        except KafkaException as e:
            raise Retry(f"Kafka does not tell where {self._topic} is at that time: {e}") from e
        finally:
            consumer.close()
        return {p.partition: p.offset for p in found if p.offset >= 0}
