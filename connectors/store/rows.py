"""What the sink stores, pure: messages in, Arrow tables and dead letters out.

Arrow columns are typed, so a value that fits no column is found here, row by row, and not by a
server that would refuse the whole insert with it.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from connectors.store.tables import SCHEMAS, arrow, check
from streams import topics
from streams.alerts.alert import TRANSITION
from streams.dead_letters import said
from streams.errors import Skip
from streams.resolutions import resolution
from streams.wire import Wire


@dataclass(frozen=True, slots=True)
class Message:
    """One Kafka message; ``topic`` is the short name, ``timestamp`` UTC microseconds."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    timestamp: int = 0
    headers: Sequence[tuple[str, bytes | None]] = ()


@dataclass(frozen=True)
class Batch:
    """``tables`` by name in the order of their inserts, without the empty ones."""

    tables: Mapping[str, pa.Table]
    dead: Sequence[tuple[Message, Skip]]


Row = tuple[str, dict[str, Any]]
"""The table's name and the row."""


_ALSO: Mapping[str, tuple[str, ...]] = {
    "declarations": ("declaration_history",),
    "alerts": ("alert_transitions",),
}
"""Tables that keep every row of one that keeps the last of each key."""


def rows(messages: Iterable[Message], wire: Wire) -> Batch:
    """The rows of a batch; what cannot be stored is dead, and the rest is not held up by it.

    Raises:
        Retry: a schema is needed and the registry is away.
    """
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in SCHEMAS}
    dead: list[tuple[Message, Skip]] = []
    for message in messages:
        try:
            made = _ROW[message.topic](message, wire)
            if made is None:
                continue
            table, row = made
            check(table, row)
        except Skip as skip:
            dead.append((message, skip))
        else:
            for name in (table, *_ALSO.get(table, ())):
                found[name].append(row)
    return Batch({name: arrow(name, of) for name, of in found.items() if of}, dead)


def _observation(message: Message, wire: Wire) -> Row:
    return _judged("observations", "Observation", message, wire)


def _window(message: Message, wire: Wire) -> Row:
    return _judged("windows", "Window", message, wire)


def _device_event(message: Message, wire: Wire) -> Row:
    return "device_events", _expected("DeviceEvent", *wire.decode(message.value))


def _judged(table: str, wanted: str, message: Message, wire: Wire) -> Row:
    """The record is the row; a tick among the records is how far time has come."""
    name, record = wire.decode(message.value)
    if name != "Tick":
        return table, _expected(wanted, name, record)
    return "frontier", {"topic": message.topic, "partition": message.partition, "at": record["at"]}


def _condition(message: Message, wire: Wire) -> Row | None:
    """Ticks are there for the watch."""
    name, record = wire.decode(message.value)
    if name == "Tick":
        return None
    said = _expected("Condition", name, record)
    return "conditions", said | {"revision": message.offset, "is_deleted": said["withdrawn"]}


def _alert(message: Message, wire: Wire) -> Row | None:
    """One that leaves the topic stays in the store."""
    if message.value is None:
        return None
    happened = (value for name, value in message.headers if name == TRANSITION)
    what = (next(happened, None) or b"").decode("utf-8", "replace")
    record = _expected("Alert", *wire.decode(message.value))
    return "alerts", record | {"transition": what, "revision": message.offset}


def _pending(message: Message, wire: Wire) -> Row:
    revision = {"revision": message.offset, "is_deleted": message.value is None}
    if message.value is not None:
        return "pending", _expected("Pending", *wire.decode(message.value)) | revision
    device, _, day = _key(message).rpartition("/")
    try:
        days = int(day)
    except ValueError as e:
        raise Skip("key", f"not device/days since 1970: {message.key!r}") from e
    settled = {"device": device, "day": days, "reason": "", "at": message.timestamp}
    return "pending", settled | revision


def _declaration(message: Message, wire: Wire) -> Row:
    revision = {"revision": message.offset, "is_deleted": message.value is None}
    if message.value is not None:
        return "declarations", _expected("Declaration", *wire.decode(message.value)) | revision
    kind, _, object_id = _key(message).partition("/")
    removed = {"kind": kind, "id": object_id, "sequence": 0, "body": "{}"}
    who = {"author": _author(message), "declared_at": message.timestamp}
    return "declarations", removed | who | revision


def _author(message: Message) -> str:
    """Who removed an object: a tombstone has headers only."""
    named = (value for name, value in message.headers if name == topics.AUTHOR)
    return (next(named, None) or b"").decode("utf-8", "replace")


def _dead_letter(message: Message, _: Wire) -> Row:
    """A letter that lacks our headers stands for itself; a resolution's row is its letter's."""
    why = said(message.headers)
    try:
        partition = int(why.get("partition", message.partition))
        offset = int(why.get("offset", message.offset))
    except ValueError as e:
        raise Skip("headers", f"partition and offset are numbers: {why}") from e
    texts = {name: why.get(name, "") for name in ("stage", "reason", "message")}
    came_from = {"topic": why.get("topic", message.topic), "partition": partition, "offset": offset}
    became = resolution(message.headers)
    told = {
        "resolved": became.state if became else "",
        "resolved_at": became.at if became else None,
        "resolved_by": became.author if became else "",
    }
    return "dead_letters", texts | came_from | told | {"at": message.timestamp}


_ROW: Mapping[str, Callable[[Message, Wire], Row | None]] = {
    topics.OBSERVATIONS.short: _observation,
    topics.WINDOWS.short: _window,
    topics.EVENTS.short: _device_event,
    topics.CONDITIONS.short: _condition,
    topics.ALERTS.short: _alert,
    topics.PENDING.short: _pending,
    topics.REGISTRY.short: _declaration,
    topics.DEAD_LETTERS.short: _dead_letter,
}
TOPICS = (
    topics.OBSERVATIONS,
    topics.WINDOWS,
    topics.EVENTS,
    topics.CONDITIONS,
    topics.ALERTS,
    topics.PENDING,
    topics.REGISTRY,
    topics.DEAD_LETTERS,
)
"""What the sink reads."""


def _expected(wanted: str, name: str, record: dict[str, Any]) -> dict[str, Any]:
    if name != wanted:
        raise Skip("unexpected_record", f"a {name} where a {wanted} belongs")
    return record


def _key(message: Message) -> str:
    try:
        return (message.key or b"").decode()
    except UnicodeDecodeError as e:
        raise Skip("key", f"not UTF-8: {message.key!r}") from e
