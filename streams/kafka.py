"""How every client of ours speaks to Kafka."""

from collections.abc import Iterable, Set
from typing import Any

import stamina
from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from streams import topics
from streams.errors import Retry, Stop
from streams.settings import Settings, masked

CALL = 15.0
"""Seconds that a metadata or administrative call may take."""


def is_retriable(error: Exception) -> bool:
    """Whether the same call may succeed in a moment: a topic just made has no leader yet."""
    return isinstance(error, KafkaException) and (
        error.args[0].retriable() or error.args[0].code() in _PASSING
    )


_PASSING = frozenset(
    {
        KafkaError.NOT_LEADER_FOR_PARTITION,
        KafkaError.LEADER_NOT_AVAILABLE,
        KafkaError.UNKNOWN_TOPIC_OR_PART,
        KafkaError._TRANSPORT,
        KafkaError._TIMED_OUT,
    }
)


CRITICAL = 2
"""Of syslog. What librdkafka says below that, several lines a second while a broker is away, our
own calls say once when they fail."""


def _common(settings: Settings) -> dict[str, Any]:
    return {
        "bootstrap.servers": settings.kafka,
        "client.id": settings.application,
        "socket.keepalive.enable": True,
        "reconnect.backoff.max.ms": 2000,
        "log.connection.close": False,
        "log_level": CRITICAL,
    }


def producer_options(settings: Settings, **extra: Any) -> dict[str, Any]:
    """A producer that loses nothing; ``extra`` has underscores for the dots of librdkafka.

    The partitioner is murmur2, as the Java clients and Faust have it.
    """
    return (
        _common(settings)
        | {
            "acks": "all",
            "enable.idempotence": True,
            "partitioner": "murmur2_random",
            "compression.type": "lz4",
            "message.max.bytes": topics.RECORD_MAX,
            "linger.ms": 2,
            "delivery.timeout.ms": int(settings.produce_timeout * 1000),
        }
        | _dotted(extra)
    )


def consumer_options(settings: Settings, group: str, **extra: Any) -> dict[str, Any]:
    """A consumer that sees committed transactions only and commits what it is told to."""
    return (
        _common(settings)
        | {
            "group.id": group,
            "isolation.level": "read_committed",
            "enable.auto.commit": False,
            "enable.auto.offset.store": False,
            "auto.offset.reset": "earliest",
            "fetch.wait.max.ms": 100,
        }
        | _dotted(extra)
    )


def _dotted(extra: dict[str, Any]) -> dict[str, Any]:
    return {name.replace("_", "."): value for name, value in extra.items()}


def create_topics(settings: Settings) -> None:
    """Create what is missing; the broker itself creates none.

    Raises:
        Retry: the broker does not answer.
        Stop: a topic exists with another partition count than the setting.
    """
    admin = AdminClient(_common(settings))
    wanted = [
        NewTopic(
            topic.name(settings.topic_prefix),
            topic.count(settings),
            settings.replication,
            config=topic.config() if settings.clock == "wall" else topic.config_for_ever(),
        )
        for topic in topics.ALL
    ] + [NewTopic(topics.leader_topic(settings), 1, settings.replication)]
    try:
        present = _topics(admin)
        missing = [t for t in wanted if t.topic not in present]
        for name, done in admin.create_topics(missing).items() if missing else ():
            _created(name, done)
        present = _topics(admin, {t.topic for t in wanted})
    except (KafkaException, _NotYet) as e:
        raise Retry(f"Kafka at {masked(settings.kafka)} does not answer: {e}") from e
    by_setting = {t.name(settings.topic_prefix) for t in topics.ALL if t.partitions is None}
    for topic in wanted:
        there = present[topic.topic]
        if there != topic.num_partitions and topic.topic in by_setting:
            raise Stop(
                f"{topic.topic} has {there} partitions and the setting says "
                f"{topic.num_partitions}: partitions are fixed for life, set VIGIE_PARTITIONS back"
            )


class _NotYet(Exception):
    """What the controller has made, the broker does not tell of at once."""


@stamina.retry(on=_NotYet, timeout=CALL, attempts=None, wait_initial=0.02, wait_max=0.5)
def _topics(admin: AdminClient, awaited: Set[str] = frozenset()) -> dict[str, int]:
    """Partition counts by topic, once all that are awaited are known."""
    found = {n: len(t.partitions) for n, t in admin.list_topics(timeout=CALL).topics.items()}
    if missing := awaited - found.keys():
        raise _NotYet(f"topics {sorted(missing)} are made and not known yet")
    return found


def _created(name: str, done: Any) -> None:
    try:
        done.result(CALL)
    except KafkaException as e:
        if e.args[0].name() != "TOPIC_ALREADY_EXISTS":
            raise


def high_watermarks(settings: Settings, topic: str) -> dict[int, int]:
    """The end of every partition, open transactions included.

    A reader that stops at a read-committed end would miss what was committed behind another
    writer's open transaction.

    Raises:
        Retry: the broker does not answer.
    """
    return _ends(settings, topic, range(topics.partitions(settings, topic)))


def high_watermark(settings: Settings, topic: str, partition: int) -> int:
    """The end of one partition, open transactions included.

    Raises:
        Retry: the broker does not answer.
    """
    return _ends(settings, topic, (partition,))[partition]


def _ends(settings: Settings, topic: str, partitions: Iterable[int]) -> dict[int, int]:
    group = f"{settings.application}-ends"
    consumer = Consumer(consumer_options(settings, group, isolation_level="read_uncommitted"))
    try:
        return {p: _end(consumer, topic, p) for p in partitions}
    except KafkaException as e:
        raise Retry(
            f"Kafka does not tell the end of {topic}: {e.args[0].str()}; "
            "does `vigie status` show it running?"
        ) from e
    finally:
        consumer.close()


@stamina.retry(on=is_retriable, attempts=None, timeout=CALL, wait_initial=0.05, wait_max=1.0)
def _end(consumer: Consumer, topic: str, partition: int) -> int:
    where = TopicPartition(topic, partition)
    return int(consumer.get_watermark_offsets(where, timeout=CALL)[1])


def committed(settings: Settings, topic: str, partition: int) -> int:
    """The offset from which on the application's group is delivered a partition, 0 where it has
    committed none.

    Raises:
        Retry: the broker does not answer.
    """
    consumer = Consumer(consumer_options(settings, settings.application))
    try:
        [found] = consumer.committed([TopicPartition(topic, partition)], CALL)
        return max(0, int(found.offset))
    except KafkaException as e:
        raise Retry(f"Kafka does not tell what {topic} was committed: {e.args[0].str()}") from e
    finally:
        consumer.close()
