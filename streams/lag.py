"""How far the groups of this application are behind the ends of their topics."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial

from confluent_kafka import (
    Consumer,
    ConsumerGroupTopicPartitions,
    KafkaError,
    KafkaException,
    TopicPartition,
)
from confluent_kafka.admin import AdminClient, OffsetSpec

from streams.errors import Retry
from streams.kafka import consumer_options
from streams.settings import Settings, masked

FEW = 100
"""Offsets; up to here the records themselves are counted, because the mark that ends each
transaction takes an offset too and a group that has read everything would seem behind."""

Partition = tuple[str, int]
Left = Callable[[], float]


@dataclass(frozen=True)
class Lag:
    """Records not yet processed by a group, in all partitions of a topic that it committed."""

    group: str
    topic: str
    behind: int


def lags(settings: Settings, within: float) -> list[Lag]:
    """The lag of every group whose name starts with the application's.

    ``within`` is seconds in all: whoever asks waits in front of a terminal.

    Raises:
        Retry: Kafka does not answer in that time.
    """
    left = partial(_left, time.monotonic() + within, settings)
    admin = AdminClient({"bootstrap.servers": settings.kafka, "log_level": 0})
    try:
        groups = admin.list_consumer_groups(request_timeout=left()).result()
        if groups.errors:
            raise KafkaException(groups.errors[0])
        mine = (g.group_id for g in groups.valid or [])
        names = sorted(name for name in mine if name.startswith(settings.application))
        return [lag for name in names for lag in _of(settings, admin, name, left)]
    except KafkaException as e:
        raise Retry(f"Kafka at {masked(settings.kafka)} does not answer: {e}") from e


def _left(until: float, settings: Settings) -> float:
    left = until - time.monotonic()
    if left <= 0.0:
        raise Retry(f"Kafka at {masked(settings.kafka)} does not answer in time")
    return left


def _of(settings: Settings, admin: AdminClient, group: str, left: Left) -> list[Lag]:
    asked = [ConsumerGroupTopicPartitions(group)]
    [future] = admin.list_consumer_group_offsets(asked, request_timeout=left()).values()
    committed = {
        (p.topic, p.partition): p.offset
        for p in future.result().topic_partitions or []
        if p.offset >= 0
    }
    spec = {TopicPartition(*p): OffsetSpec.latest() for p in committed}
    ends = admin.list_offsets(spec, request_timeout=left()).items()
    behind = {(p.topic, p.partition): f.result().offset for p, f in ends}
    behind = {p: max(0, end - committed[p]) for p, end in behind.items()}
    few = {p: committed[p] for p, count in behind.items() if 0 < count <= FEW}
    behind |= _counted(settings, few, left)
    topics = sorted({topic for topic, _ in committed})
    return [Lag(group, t, sum(n for p, n in behind.items() if p[0] == t)) for t in topics]


def _counted(settings: Settings, starts: dict[Partition, int], left: Left) -> dict[Partition, int]:
    """Committed records from these offsets on."""
    consumer = Consumer(
        consumer_options(settings, f"{settings.application}-lag", enable_partition_eof=True)
    )
    try:
        consumer.assign([TopicPartition(*p, offset) for p, offset in starts.items()])
        return _read(consumer, starts, left)
    finally:
        consumer.close()


def _read(consumer: Consumer, starts: Iterable[Partition], left: Left) -> dict[Partition, int]:
    counts = dict.fromkeys(starts, 0)
    ended: set[Partition] = set()
    while len(ended) < len(counts):
        message = consumer.poll(left())  # not consume(), which waits until it has as many as asked
        if message is None:
            continue
        place = (message.topic() or "", message.partition() or 0)
        error = message.error()
        if error is None:
            counts[place] += 1
        elif error.code() == KafkaError._PARTITION_EOF:
            ended.add(place)
    return counts
