"""A broker and a schema registry of their own for a benchmark, and worlds on them."""

import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

from embedded.home import lay_out
from embedded.kafka import kafka
from embedded.ports import free_ports
from embedded.process import running
from embedded.progress import silent
from embedded.schema_registry import schema_registry
from streams.kafka import create_topics
from streams.schema_registry import register
from streams.settings import Settings


@contextmanager
def broker(partitions: int = 8) -> Iterator[Settings]:
    """Settings of a booted Kafka and schema registry, in a folder that goes with them."""
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        home = Path(folder)
        lay_out(home)
        settings = Settings.model_validate(
            {"home": home, "partitions": partitions, "log_level": "error"} | free_ports()
        )
        servers = (schema_registry(settings, silent), kafka(settings, silent))
        with ThreadPoolExecutor() as pool:
            list(pool.map(lambda s: stack.enter_context(running(s, home / "logs")), servers))
        _topics(settings)
        register(settings)
        yield settings


def world(settings: Settings, name: str) -> Settings:
    """Topics and groups of another name on the same broker."""
    other = settings.model_copy(update={"application": name, "topic_prefix": name})
    _topics(other)
    return other


def _topics(settings: Settings) -> None:
    """Those of a simulated clock keep for ever: readings of a fixed day may be months old."""
    create_topics(settings.model_copy(update={"clock": "simulated"}))
