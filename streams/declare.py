"""Declaring: objects of the inventory onto the registry topic, all of them or none.

One transaction holds the declarations and the days that they make pending; opening it closes
that of anybody else who is declaring, so that nobody decides by a registry that has changed.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from confluent_kafka import KafkaException, Producer

from streams import topics
from streams.duration import HOUR
from streams.errors import Retry, Stop
from streams.follower import Follower
from streams.inventory import Declared
from streams.inventory.coherence import faults
from streams.kafka import CALL, producer_options
from streams.registry import Change, Registry
from streams.settings import Settings
from streams.wire import Wire

_TOLD_MAX = 20
"""Faults in one message."""


@dataclass(frozen=True)
class Batch:
    """What is to be declared, and the days that this makes pending, as device and day since 1970.

    ``reason`` is why they are.
    """

    changes: Sequence[Change]
    pending: Sequence[tuple[str, int]] = ()
    reason: str = "declared"


def registered(settings: Settings, wire: Wire) -> Registry:
    """What is declared now.

    Raises:
        Retry: Kafka does not answer in time.
    """
    follower = Follower(settings, wire).start()
    follower.close()
    return follower.current


def declare(
    settings: Settings,
    wire: Wire,
    objects: Iterable[tuple[str, Declared]],
    at: int,
    author: str,
) -> None:
    """Publish objects as they are; ``at`` is UTC microseconds.

    Raises:
        Stop: with what is declared already they cannot be used; nothing was published.
        Retry: Kafka did not acknowledge all of them; nothing counts.
    """
    changes = [(kind, declared.id, declared) for kind, declared in objects]

    def decide(registry: Registry) -> Batch:
        refuse(registry, changes, settings.horizon_hours * HOUR)
        return Batch(changes)

    publish(settings, wire, decide, at, author)


def refuse(registry: Registry, changes: Sequence[Change], horizon: int) -> None:
    """Whether a registry can be used after these changes; ``horizon`` in microseconds.

    Raises:
        Stop: it cannot; says which objects, why, and what to do.
    """
    names = [(kind, object_id) for kind, object_id, _ in changes]
    found = [str(fault) for fault in faults(registry.after(changes), names, horizon)]
    if found:
        more = f"\nand {len(found) - _TOLD_MAX} more" if len(found) > _TOLD_MAX else ""
        raise Stop("\n".join(found[:_TOLD_MAX]) + more)


def publish(
    settings: Settings, wire: Wire, decide: Callable[[Registry], Batch], at: int, author: str
) -> None:
    """Declare what ``decide`` says of the registry that nobody else can change meanwhile.

    The sequence is ``at`` (UTC microseconds), or more where that was reached already.

    Raises:
        Retry: Kafka does not answer, or somebody else began to declare; nothing counts.
    """
    producer = Producer(
        producer_options(
            settings,
            transactional_id=f"{settings.application}-declare",
            transaction_timeout_ms=int(settings.transaction_timeout * 1000),
        )
    )
    try:
        producer.init_transactions(settings.transaction_timeout)
        registry = registered(settings, wire)
        batch = decide(registry)
        if batch.changes or batch.pending:
            producer.begin_transaction()
            with _undone(producer):
                _send(producer, settings, wire, batch, max(at, registry.sequence + 1), at, author)
                producer.commit_transaction(settings.transaction_timeout)
    except KafkaException as e:
        raise Retry(_said(e)) from e


@contextmanager
def _undone(producer: Producer) -> Iterator[None]:
    """What is broken off, by an operator too, is closed: an open transaction holds up whoever
    reads the registry to its end, until the broker gives it up."""
    try:
        yield
    except BaseException:
        with suppress(KafkaException):
            producer.abort_transaction(CALL)
        raise


def _said(error: KafkaException) -> str:
    if error.args[0].fatal():
        return "somebody else declares at the same time: nothing of this was declared, try again"
    return f"Kafka did not take the declaration: {error.args[0].str()}"


def _send(
    producer: Producer,
    settings: Settings,
    wire: Wire,
    batch: Batch,
    sequence: int,
    at: int,
    author: str,
) -> None:
    registry, pending = (
        topic.name(settings.topic_prefix) for topic in (topics.REGISTRY, topics.PENDING)
    )
    for kind, object_id, declared in batch.changes:
        value = None if declared is None else _message(wire, kind, declared, sequence, at, author)
        who = {} if declared else {topics.AUTHOR: author}
        _produce(producer, registry, f"{kind}/{object_id}", value, who)
    for device, day in batch.pending:
        record = {"device": device, "day": day, "reason": batch.reason, "at": at}
        _produce(producer, pending, f"{device}/{day}", wire.encode("Pending", record), {})


def _message(
    wire: Wire, kind: str, declared: Declared, sequence: int, at: int, author: str
) -> bytes:
    record = {
        "kind": kind,
        "id": declared.id,
        "sequence": sequence,
        "declared_at": at,
        "author": author,
        "body": declared.model_dump_json(by_alias=True, exclude_none=True),
    }
    return wire.encode("Declaration", record)


def _produce(
    producer: Producer, topic: str, key: str, value: bytes | None, headers: Mapping[str, str]
) -> None:
    """Wait while the client's queue is full."""
    while True:
        try:
            producer.produce(topic, value, key.encode(), headers=list(headers.items()))
        except BufferError:
            producer.poll(CALL)
        else:
            return
