"""A store of its own for each test, on the real servers."""

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest
from clickhouse_connect.driver.client import Client
from confluent_kafka import Producer

from connectors.store import migrations, sink
from connectors.store.client import connect
from streams import schema_registry
from streams.kafka import producer_options
from streams.settings import Settings
from streams.topics import Topic
from streams.wire import Wire

Send = Callable[[Topic, Iterable[tuple[bytes | None, bytes | None, int | None]]], None]
Sinking = Callable[[Settings], AbstractContextManager[None]]


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


@pytest.fixture
def sinking() -> Sinking:
    """A sink that runs in a thread while the context is open."""

    @contextmanager
    def sinking(settings: Settings) -> Iterator[None]:
        stop = threading.Event()
        thread = threading.Thread(target=sink.run, args=(settings, stop))
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join(30)
            assert not thread.is_alive()

    return sinking
