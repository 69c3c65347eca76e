"""What tests need of a world on the real servers: its settings for commands, and a sink."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from connectors.store import sink
from streams.settings import Settings

_NAMES = (
    "home",
    "topic_prefix",
    "application",
    "partitions",
    "kafka_port",
    "schema_registry_port",
    "clickhouse_port",
    "clickhouse_database",
)


def for_commands(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands that this test runs in its own process meet that world."""
    for name in _NAMES:
        monkeypatch.setenv(f"VIGIE_{name.upper()}", str(getattr(settings, name)))


@contextmanager
def sinking(settings: Settings) -> Iterator[None]:
    """A sink at work in a thread until the block ends."""
    stop = threading.Event()
    thread = threading.Thread(target=sink.run, args=(settings, stop))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(30)
        assert not thread.is_alive()
