"""The real servers, started once for the tests that ask for them."""

import signal
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from uuid import uuid4

import hypothesis
import pytest
import stamina
import structlog

from cli import world
from embedded.home import lay_out, with_password
from embedded.ports import free_ports
from embedded.process import running
from embedded.progress import silent
from streams.settings import Settings


def pytest_configure() -> None:
    """A run that is told to end still ends what it started; no example of a property is timed."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    hypothesis.settings.register_profile("untimed", hypothesis.settings(), deadline=None)
    hypothesis.settings.load_profile("untimed")


@pytest.fixture(autouse=True)
def logs_as_before() -> Iterator[None]:
    """A command that runs in the tests' own process says how that logs; whoever comes after it
    does not log to what was its standard error."""
    before, hooks = structlog.get_config(), stamina.instrumentation.get_on_retry_hooks()
    yield
    structlog.configure(**before)
    stamina.instrumentation.set_on_retry_hooks(hooks)


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """Settings of a booted Kafka, schema registry and ClickHouse gateway, all empty but for
    our topics and schemas.

    Whoever would disturb others takes :func:`apart` instead.
    """
    from streams.kafka import create_topics
    from streams.schema_registry import register

    home = tmp_path_factory.mktemp("home")
    lay_out(home)
    settings = with_password(Settings.model_validate({"home": home} | free_ports()), make=True)
    started = world.servers(settings, silent)
    with ExitStack() as stack, ThreadPoolExecutor() as pool:
        stack.callback(pool.shutdown)
        list(pool.map(lambda s: stack.enter_context(running(s, home / "logs")), started))
        create_topics(settings)
        register(settings)
        yield settings


@pytest.fixture
def apart(servers: Settings) -> Callable[..., Settings]:
    """Makes a world of its own on the same servers: other topics, groups and database.

    ``apart(partitions=2, …)`` overrides more settings; its topics exist already, its database
    is empty.
    """
    import httpx

    from streams.kafka import create_topics

    def make(**other: object) -> Settings:
        name = f"t{uuid4().hex[:12]}"
        own = {"application": name, "topic_prefix": name, "clickhouse_database": name}
        settings = servers.model_copy(update=own | other)
        create_topics(settings)
        httpx.post(
            settings.clickhouse,
            content=f"CREATE DATABASE IF NOT EXISTS {name}",
            auth=(settings.clickhouse_user, settings.clickhouse_password.get_secret_value()),
        ).raise_for_status()
        return settings

    return make
