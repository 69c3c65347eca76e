"""A world beside the live one on the same servers: topics, groups, database and folder of its own.

Its time is simulated, no door posts into it, no scheduler ticks, and it notifies nobody.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import stamina
from clickhouse_connect.driver.client import Client
from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient

from connectors.replay.position import Position, read
from connectors.store import migrations
from connectors.store.client import answered, connect
from streams import topics
from streams.declare import Batch, publish
from streams.errors import Retry, Stop
from streams.kafka import CALL, create_topics
from streams.registry import Change, Registry
from streams.schema_registry import register
from streams.settings import Settings
from streams.wire import Wire

FOLDER = "sides"
MEMBERS = 30.0
"""Seconds that the members of a group have to be forgotten: a session and more."""
AUTHOR = "replay"
_NAME = re.compile(r"^[a-z][a-z0-9]{0,31}$")
_CREATE = "CREATE DATABASE IF NOT EXISTS {name:Identifier}"
_DROP = "DROP DATABASE IF EXISTS {name:Identifier} SYNC"


def side(live: Settings, name: str) -> Settings:
    """The settings of a side world; those of the servers are the live world's.

    Raises:
        Stop: the name is none that topics and databases may have.
    """
    if not _NAME.fullmatch(name):
        raise Stop(f"a side world is not called {name!r}: letters and digits, such as trial1")
    own = {
        "home": live.home / FOLDER / name,
        "application": f"{live.application}-side-{name}",
        "topic_prefix": f"{live.topic_prefix}-side-{name}",
        "clickhouse_database": f"{live.clickhouse_database}_side_{name}",
        "clock": "simulated",
        "notifies": False,
        "metrics_port": 0,
    }
    return live.model_copy(update=own)


def sides(live: Settings) -> list[tuple[str, Position | None]]:
    """Every side world of a home, and how far its replay is."""
    folder = live.home / FOLDER
    found = sorted(p for p in folder.iterdir() if p.is_dir()) if folder.is_dir() else []
    return [(path.name, read(path)) for path in found]


def prepare(live: Settings, own: Settings, declared: Registry, at: int) -> Wire:
    """Topics, schemas, tables and what is declared, each made where it is missing.

    ``at`` is the time of the declarations, UTC microseconds.

    Raises:
        Retry: a server does not answer.
        Stop: what is there contradicts the settings, or the user may not make a database.
    """
    (own.home / "logs").mkdir(mode=0o700, parents=True, exist_ok=True)
    (own.home / "run").mkdir(mode=0o700, exist_ok=True)
    create_topics(own)
    wire = register(own)
    _command(live, _CREATE, own)
    migrations.apply(own)
    publish(own, wire, lambda now: Batch(_missing(now, declared)), at, AUTHOR)
    return wire


def _missing(now: Registry, wanted: Registry) -> Sequence[Change]:
    return [
        (kind, object_id, declared)
        for kind, of in wanted.objects.items()
        for object_id, declared in of.items()
        if now.get(kind, object_id) != declared
    ]


def _is_member_left(error: Exception) -> bool:
    return isinstance(error, KafkaException) and error.args[0].code() == KafkaError.NON_EMPTY_GROUP


def drop(live: Settings, own: Settings) -> None:
    """Remove all of a side world from the servers; what is gone already is passed over.

    Raises:
        Retry: a server does not answer; what is left goes the next time.
        Stop: the user may not drop a database.
    """
    admin = AdminClient({"bootstrap.servers": own.kafka, "log_level": 0})
    try:
        _remove_groups(admin, own)
        _remove(admin.delete_topics, _topics(admin, own))
    except KafkaException as e:
        raise Retry(f"Kafka does not remove {own.topic_prefix}: {e.args[0].str()}") from e
    _command(live, _DROP, own)


@stamina.retry(on=_is_member_left, timeout=MEMBERS, attempts=None, wait_initial=0.2, wait_max=1.0)
def _remove_groups(admin: AdminClient, own: Settings) -> None:
    """A worker keeps its place in a group for a session, in which the group is not removed."""
    _remove(admin.delete_consumer_groups, _groups(admin, own))


def _groups(admin: AdminClient, own: Settings) -> list[str]:
    found = admin.list_consumer_groups(request_timeout=CALL).result()
    return [g.group_id for g in found.valid or [] if _of(g.group_id, own.application)]


def _topics(admin: AdminClient, own: Settings) -> list[str]:
    mine = {topic.name(own.topic_prefix) for topic in topics.ALL} | {topics.leader_topic(own)}
    there = admin.list_topics(timeout=CALL).topics
    return sorted(mine & there.keys())


def _of(group: str, application: str) -> bool:
    return group == application or group.startswith(f"{application}-")


def _remove(call: Callable[..., Mapping[str, Any]], names: Iterable[str]) -> None:
    """Ask for the removal of each and wait for it."""
    if asked := list(names):
        for done in call(asked, request_timeout=CALL).values():
            done.result(CALL)


def _command(live: Settings, sql: str, own: Settings) -> None:
    client: Client = connect(live)
    try:
        answered(lambda: client.command(sql, parameters={"name": own.clickhouse_database}))
    finally:
        client.close()
