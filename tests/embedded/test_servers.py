"""What the servers promise: reachable, ours alone, and the second start finds its data."""

from collections.abc import Callable
from uuid import uuid4

from confluent_kafka import Consumer, Producer

from streams.kafka import consumer_options, high_watermarks, producer_options
from streams.schema_registry import connect
from streams.settings import Settings
from streams.topics import UPLINKS
from streams.wire import RECORDS


def test_a_record_goes_in_and_comes_out(apart: Callable[..., Settings]) -> None:
    settings = apart()
    topic = UPLINKS.name(settings.topic_prefix)
    producer = Producer(producer_options(settings))
    body = uuid4().bytes
    producer.produce(topic, key=b"device", value=body)
    assert producer.flush(10) == 0
    assert sum(high_watermarks(settings, topic).values()) == 1
    consumer = Consumer(consumer_options(settings, "reader"))
    consumer.subscribe([topic])
    [message] = consumer.consume(1, timeout=15)
    consumer.close()
    assert message.value() == body


def test_a_fresh_registry_numbers_the_records_from_one(servers: Settings) -> None:
    assert dict(connect(servers).ids) == {name: i for i, name in enumerate(RECORDS, 1)}
