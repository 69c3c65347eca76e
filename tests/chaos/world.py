"""Real servers with a home of their own, and on them as many runs as one likes.

Every run has its own topics, groups and database, so that nothing is left of the one before.
"""

import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from cli.processes import gateway
from connectors.store import migrations
from embedded.home import lay_out, with_password
from embedded.kafka import kafka
from embedded.ports import free_ports
from embedded.progress import silent
from embedded.schema_registry import schema_registry
from streams.declare import declare
from streams.kafka import create_topics
from streams.schema_registry import register
from streams.settings import Settings
from streams.wire import Wire
from tests.chaos.city import ORIGIN, micros
from tests.chaos.keeper import Keeper
from tests.chaos.plan import Plan

PARTITIONS = 8


@dataclass
class Notes:
    """What happened and when, seconds since the start."""

    begun: float = field(default_factory=time.monotonic)
    lines: list[dict[str, Any]] = field(default_factory=list)

    def __call__(self, what: str, **more: Any) -> None:
        """Take a note."""
        self.lines.append({"at": round(time.monotonic() - self.begun, 2), "what": what} | more)


@contextmanager
def servers(notes: Notes) -> Iterator[tuple[Settings, Keeper]]:
    """Broker, schema registry and store, up; all ended and the home removed at the end."""
    with tempfile.TemporaryDirectory(prefix="vigie-chaos-") as folder:
        home = Path(folder)
        lay_out(home)
        told = {"home": home, "clock": "simulated", "partitions": PARTITIONS} | free_ports()
        settings = with_password(Settings.model_validate(told), make=True)
        keeper = Keeper(home / "logs", notes)
        try:
            for server in (
                kafka(settings, silent),
                schema_registry(settings, silent),
                gateway(settings),
            ):
                keeper.start(server)
            keeper.await_all()
            yield settings, keeper
        finally:
            keeper.close()


def _create_database(settings: Settings) -> None:
    httpx.post(
        settings.clickhouse,
        content=f"CREATE DATABASE IF NOT EXISTS {settings.clickhouse_database}",
        auth=(settings.clickhouse_user, settings.clickhouse_password.get_secret_value()),
        timeout=30.0,
    ).raise_for_status()


def prepare(settings: Settings, name: str, plan: Plan) -> tuple[Settings, Wire]:
    """Topics, schemas, tables and the inventory of one run on servers that are up."""
    own = {"application": name, "topic_prefix": name, "clickhouse_database": name.replace("-", "_")}
    mine = settings.model_copy(update=own)
    create_topics(mine)
    wire = register(mine)
    _create_database(mine)
    migrations.apply(mine)
    declare(mine, wire, plan.city.inventory(), micros(ORIGIN), "chaos")
    return mine, wire
