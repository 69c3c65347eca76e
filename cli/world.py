"""A whole vigie: the servers that no setting replaces, what they must hold, our processes."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from cli.interrupt import uninterrupted
from cli.processes import gateway, ours
from embedded import lock
from embedded.home import lay_out, with_password
from embedded.kafka import kafka
from embedded.process import check_ports
from embedded.progress import Progress, silent
from embedded.schema_registry import schema_registry
from embedded.server import Server
from embedded.supervisor import Supervisor
from streams.settings import Settings


@dataclass(frozen=True)
class World:
    """``settings`` are complete, the embedded ClickHouse's password included."""

    settings: Settings
    supervisor: Supervisor


def _nothing(_: Settings) -> None:
    """Most worlds start as they are."""


@contextmanager
def world(
    settings: Settings,
    progress: Progress = silent,
    prepare: Callable[[Settings], None] = _nothing,
) -> Iterator[World]:
    """A running vigie for the length of the block; stopped in reverse at its end.

    ``prepare`` is called once the servers hold what they must, before our processes start.

    Raises:
        Taken: the home or a port is in use; nothing was started.
        Stop: a download, a server, a topic, a schema or a migration failed.
    """
    lay_out(settings.home)
    with lock.held(settings.home):
        complete = with_password(settings, make=True)
        supervisor = Supervisor(settings.home, progress)
        embedded, behind = servers(complete, progress), ours(complete)
        for server in (*embedded, *behind):
            check_ports(server)
        try:
            supervisor.start(embedded)
            progress("topics, schemas and migrations", 0, 0)
            bootstrap(complete)
            prepare(complete)
            supervisor.start(behind)
            yield World(complete, supervisor)
        finally:
            with uninterrupted():
                supervisor.stop()


def servers(settings: Settings, progress: Progress) -> list[Server]:
    """Those for which no other is named by its URL; the slowest to start is first to start."""
    embedded = []
    if not settings.schema_registry_url:
        embedded.append(schema_registry(settings, progress))
    if not settings.clickhouse_url:
        embedded.append(gateway(settings))
    if not settings.kafka_url:
        embedded.append(kafka(settings, progress))
    return embedded


def bootstrap(settings: Settings) -> None:
    """Topics, schemas and migrations: what is missing is made, what is there is checked.

    Raises:
        Retry: a server does not answer.
        Stop: what is there contradicts the settings or this release.
    """
    from connectors.store import migrations
    from streams.kafka import create_topics
    from streams.schema_registry import register
    from streams.ticks import first_tick

    create_topics(settings)
    wire = register(settings)
    migrations.apply(settings)
    first_tick(settings, wire)
