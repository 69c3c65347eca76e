"""How far the groups of this application are behind the ends of their topics."""

from dataclasses import dataclass

from confluent_kafka import ConsumerGroupTopicPartitions, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec

from streams.errors import Retry
from streams.settings import Settings

CALL = 1.0
"""Seconds; whoever asks for lag waits in front of a terminal."""


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
        found = [lag for name in names for lag in _of(admin, name)]
    except KafkaException as e:
        raise Retry(f"Kafka at {settings.kafka} does not answer: {e}") from e
    return found


def _of(admin: AdminClient, group: str) -> list[Lag]:
    asked = [ConsumerGroupTopicPartitions(group)]
    [future] = admin.list_consumer_group_offsets(asked, request_timeout=CALL).values()
    committed = [p for p in future.result().topic_partitions or [] if p.offset >= 0]
    ends = admin.list_offsets(
        {TopicPartition(p.topic, p.partition): OffsetSpec.latest() for p in committed},
        request_timeout=CALL,
    )
    end = {(p.topic, p.partition): f.result().offset for p, f in ends.items()}
    behind: dict[str, int] = {}
    for p in committed:
        more = max(0, end[p.topic, p.partition] - p.offset)
        behind[p.topic] = behind.get(p.topic, 0) + more
    return [Lag(group, topic, count) for topic, count in sorted(behind.items())]
