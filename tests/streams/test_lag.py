"""Lag counts records: neither what is aborted nor the marks of transactions."""

import time
from collections.abc import Callable

import pytest
import stamina
from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition

from streams.errors import Retry
from streams.kafka import consumer_options, producer_options
from streams.lag import Lag, lags
from streams.settings import Settings
from streams.topics import READINGS


@stamina.retry(on=KafkaException, attempts=None, timeout=30)
def _commit(settings: Settings, group: str, topic: str, offset: int) -> None:
    """A group's coordinator loads for a moment after the broker started."""
    consumer = Consumer(consumer_options(settings, group))
    try:
        consumer.commit(offsets=[TopicPartition(topic, 0, offset)], asynchronous=False)
    finally:
        consumer.close()


@stamina.retry(on=Retry, attempts=None, timeout=30)
def _seen(settings: Settings) -> list[Lag]:
    return lags(settings, 10)


def test_lag_of_a_transactional_topic(apart: Callable[..., Settings]) -> None:
    settings = apart(partitions=1)
    topic = READINGS.name(settings.topic_prefix)
    producer = Producer(
        producer_options(
            settings, transactional_id=settings.application, transaction_timeout_ms=8000
        )
    )
    producer.init_transactions(20)
    for last in (producer.commit_transaction, producer.abort_transaction) * 2:
        producer.begin_transaction()
        for _ in range(3):
            producer.produce(topic, b"body", b"device")
        last(20)
    # 3 records, mark, 3 aborted, mark, 3 records, mark, 3 aborted, mark
    for offset, behind in ((0, 6), (1, 5), (3, 3), (11, 0), (16, 0)):
        _commit(settings, f"{settings.application}-reader", topic, offset)
        assert _seen(settings) == [Lag(f"{settings.application}-reader", topic, behind)]


def test_a_group_that_is_little_behind_leaves_time_for_the_next(
    apart: Callable[..., Settings],
) -> None:
    settings = apart(partitions=1)
    topic = READINGS.name(settings.topic_prefix)
    producer = Producer(producer_options(settings))
    producer.produce(topic, b"body", b"device")
    assert producer.flush(20) == 0
    groups = [f"{settings.application}-{name}" for name in ("first", "second")]
    for group in groups:
        _commit(settings, group, topic, 0)
    assert _seen(settings) == [Lag(group, topic, 1) for group in groups]


def test_other_applications_are_not_shown(apart: Callable[..., Settings]) -> None:
    settings = apart(partitions=1)
    _commit(settings, "somebody-else", READINGS.name(settings.topic_prefix), 0)
    assert _seen(settings) == []


def test_a_broker_that_is_away_is_said_in_time() -> None:
    started = time.monotonic()
    with pytest.raises(Retry):
        lags(Settings(kafka_url="127.0.0.1:1"), 0.5)
    assert time.monotonic() - started < 5
