"""A store of its own for each test, on the real servers."""

from collections.abc import Callable, Iterable, Iterator

import pytest
from clickhouse_connect.driver.client import Client
from confluent_kafka import Producer

from connectors.store import migrations
from connectors.store.client import connect
from streams import schema_registry
from streams.kafka import producer_options
from streams.settings import Settings
from streams.topics import Topic
from streams.wire import Wire

Send = Callable[[Topic, Iterable[tuple[bytes | None, bytes | None, int | None]]], None]


@pytest.fixture
def world(apart: Callable[..., Settings]) -> Settings:
    """Topics and a migrated database that no other test sees."""
    settings = apart(partitions=2, sink_within=0.1)
    migrations.apply(settings)
    return settings


@pytest.fixture
def client(world: Settings) -> Iterator[Client]:
    """A client of that database."""
    client = connect(world)
    yield client
    client.close()


@pytest.fixture
def wire(world: Settings) -> Wire:
    """The ids of the real registry."""
    return schema_registry.connect(world)


@pytest.fixture
def send(world: Settings) -> Send:
    """Sends (key, value, partition or None for the key's own) and waits for the broker."""

    def send(
        topic: Topic, messages: Iterable[tuple[bytes | None, bytes | None, int | None]]
    ) -> None:
        producer = Producer(producer_options(world))
        for key, value, partition in messages:
            where = {} if partition is None else {"partition": partition}
            producer.produce(topic.name(world.topic_prefix), value, key, **where)
        assert producer.flush(20) == 0

    return send
