"""How far the groups of this application are behind the ends of their topics."""

from collections.abc import Iterable
from dataclasses import dataclass

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
from streams.settings import Settings

CALL = 1.0
"""Seconds; whoever asks for lag waits in front of a terminal."""
FEW = 100
"""Offsets; up to here the records themselves are counted, because the mark that ends each
transaction takes an offset too and a group that has read everything would seem behind."""

Partition = tuple[str, int]


@dataclass(frozen=True)
class Lag:
    """Records not yet processed by a group, in all partitions of a topic that it committed."""

    group: str
    topic: str
    behind: int


def lags(settings: Settings) -> list[Lag]:
    """The lag of every group whose name starts with the application's.

    Raises:
        Retry: Kafka does not answer within a few seconds.
    """
    admin = AdminClient({"bootstrap.servers": settings.kafka, "log_level": 0})
    try:
        groups = admin.list_consumer_groups(request_timeout=CALL).result().valid or []
        names = sorted(g.group_id for g in groups if g.group_id.startswith(settings.application))
        return [lag for name in names for lag in _of(settings, admin, name)]
    except KafkaException as e:
        raise Retry(f"Kafka at {settings.kafka} does not answer: {e}") from e


def _of(settings: Settings, admin: AdminClient, group: str) -> list[Lag]:
    asked = [ConsumerGroupTopicPartitions(group)]
    [future] = admin.list_consumer_group_offsets(asked, request_timeout=CALL).values()
    committed = {
        (p.topic, p.partition): p.offset
        for p in future.result().topic_partitions or []
        if p.offset >= 0
    }
    spec = {TopicPartition(*p): OffsetSpec.latest() for p in committed}
    ends = admin.list_offsets(spec, request_timeout=CALL).items()
    behind = {(p.topic, p.partition): f.result().offset for p, f in ends}
    behind = {p: max(0, end - committed[p]) for p, end in behind.items()}
    few = {p: committed[p] for p, count in behind.items() if 0 < count <= FEW}
    behind |= _counted(settings, few)
    topics = sorted({topic for topic, _ in committed})
    return [Lag(group, t, sum(n for p, n in behind.items() if p[0] == t)) for t in topics]


def _counted(settings: Settings, starts: dict[Partition, int]) -> dict[Partition, int]:
    """Committed records from these offsets on; a partition that does not answer is left out."""
    consumer = Consumer(
        consumer_options(settings, f"{settings.application}-lag", enable_partition_eof=True)
    )
    try:
        consumer.assign([TopicPartition(*p, offset) for p, offset in starts.items()])
        return _read(consumer, starts)
    finally:
        consumer.close()


def _read(consumer: Consumer, starts: Iterable[Partition]) -> dict[Partition, int]:
    counts = dict.fromkeys(starts, 0)
    ended: set[Partition] = set()
    while len(ended) < len(counts):
        messages = consumer.consume(FEW, timeout=CALL)
        if not messages:
            break
        for message in messages:
            place = (message.topic() or "", message.partition() or 0)
            error = message.error()
            if error is None:
                counts[place] += 1
            elif error.code() == KafkaError._PARTITION_EOF:
                ended.add(place)
    return {place: counts[place] for place in ended}
