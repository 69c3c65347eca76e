"""The sink: from Kafka into ClickHouse, each row at least once, which the store makes once.

Offsets are committed when every insert of a batch is acknowledged, never before; every table is
keyed and versioned, so a batch that is sent again changes nothing. While ClickHouse is away the
batch at hand waits, the broker keeps the rest, and nothing is committed.
"""

import signal
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, suppress
from functools import partial
from typing import Any, TypeVar

import structlog
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError
from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition

from connectors.store.client import connect, named
from connectors.store.rows import TOPICS, Batch, Message, rows
from streams import dead_letters, schema_registry, topics
from streams.errors import Retry, Skip, Stop
from streams.kafka import consumer_options, producer_options
from streams.settings import Settings

log = structlog.get_logger()
T = TypeVar("T")
OnPhase = Callable[[str, Mapping[str, Any]], None]

WAITS = (0.25, 0.5, 1.0, 2.0, 5.0)
"""Seconds between two tries of the same step; the last one for ever."""

_INSERT = {"async_insert": 0, "max_partitions_per_insert_block": 0}
"""Acknowledged means stored; a batch may span as many months as its samples do."""

_DAY_MS = 86_400_000
_QUEUE_KB = 16_384


def _debug(phase: str, info: Mapping[str, Any]) -> None:
    log.debug("sink", phase=phase, **info)


def main(settings: Settings, on_phase: OnPhase = _debug) -> None:
    """Store until SIGTERM or SIGINT; what was not committed is read again at the next start.

    ``on_phase`` is called with ``begin`` (offsets of the batch), ``inserted`` (rows by table)
    and ``committed``.

    Raises:
        Stop: the store or the schemas cannot be used as they are; says what to do.
    """
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    run(settings, stop, on_phase)


def run(settings: Settings, stop: threading.Event, on_phase: OnPhase = _debug) -> None:
    """:func:`main` without its signals: until ``stop`` is set."""
    producer = Producer(producer_options(settings))
    with suppress(_Stopped), ExitStack() as stack:
        consumer = Consumer(_options(settings))
        stack.callback(consumer.close)
        wire = _persist(stop, partial(schema_registry.connect, settings))
        client = _persist(stop, partial(connect, settings))
        stack.callback(client.close)
        _persist(stop, partial(_declare_parameters, client, settings))
        consumer.subscribe([topic.name(settings.topic_prefix) for topic in TOPICS])
        while not stop.is_set():
            if not (messages := _take(consumer, settings)):
                continue
            on_phase("begin", _offsets(messages))
            batch = _persist(stop, partial(rows, messages, wire))
            _persist(stop, partial(_bury, producer, settings, batch.dead))
            _persist(stop, partial(_insert, client, batch))
            on_phase("inserted", {name: t.num_rows for name, t in batch.tables.items()})
            _commit(consumer, settings, messages)
            on_phase("committed", _offsets(messages))


class _Stopped(Exception):
    """Asked to stop while a step had not succeeded: nothing of its batch was committed."""


def _persist(stop: threading.Event, step: Callable[[], T]) -> T:
    """The result of a step that is safe to repeat, as often as it takes."""
    tries = 0
    while True:
        try:
            return step()
        except Retry as e:
            wait = WAITS[min(tries, len(WAITS) - 1)]
            log.warning("sink_waits", reason=str(e), tries=tries + 1, again_in=wait)
        tries += 1
        if stop.wait(wait):
            raise _Stopped


def _options(settings: Settings) -> dict[str, Any]:
    """The poll interval is as long as it gets: a sink that waits for ClickHouse keeps its place,
    and the heartbeat of the client's own thread tells the broker that it lives."""
    return consumer_options(
        settings,
        f"{settings.application}-sink",
        group_instance_id=f"{settings.application}-sink-{settings.worker_name}",
        session_timeout_ms=int(settings.session_timeout * 1000),
        heartbeat_interval_ms=int(settings.session_timeout * 1000 / 3),
        max_poll_interval_ms=_DAY_MS,
        queued_max_messages_kbytes=_QUEUE_KB,
    )


def _declare_parameters(client: Client, settings: Settings) -> None:
    said = {
        "partitions": settings.partitions,
        "horizon_seconds": int(settings.horizon.total_seconds()),
    }
    sql = "INSERT INTO parameters SELECT {name:String}, {value:Int64}, now64(6, 'UTC')"
    for name, value in said.items():
        try:
            client.command(sql, parameters={"name": name, "value": value})
        except (ClickHouseError, OSError) as e:
            raise named(e) from e


def _take(consumer: Consumer, settings: Settings) -> list[Message]:
    """The next messages, as many as there are within the settings' time and number."""
    short = {topic.name(settings.topic_prefix): topic.short for topic in TOPICS}
    taken = []
    for message in consumer.consume(settings.sink_batch_max, settings.sink_within):
        if error := message.error():
            if error.fatal():
                raise Stop(f"Kafka ends this consumer: {error}; is there a sink of the same name?")
            log.warning("kafka", reason=str(error))
            continue
        taken.append(
            Message(
                short[message.topic()],
                message.partition(),
                message.offset(),
                message.key(),
                message.value(),
                message.timestamp()[1] * 1000,
                message.headers() or (),
            )
        )
    return taken


def _offsets(messages: Sequence[Message]) -> dict[str, Any]:
    """The next offset to read of each ``topic/partition``."""
    ends = {(m.topic, m.partition): m.offset + 1 for m in messages}
    return {"offsets": {f"{topic}/{partition}": end for (topic, partition), end in ends.items()}}


def _bury(producer: Producer, settings: Settings, dead: Sequence[tuple[Message, Skip]]) -> None:
    """Send dead letters and wait until they are acknowledged.

    Raises:
        Retry: not all of them were.
    """
    failed: list[str] = []
    short = {topic.short: topic for topic in TOPICS}
    for message, skip in dead:
        name = short[message.topic].name(settings.topic_prefix)
        why = dead_letters.headers(
            name, message.partition, message.offset, "sink", skip.reason, str(skip)
        )
        producer.produce(
            topics.DEAD_LETTERS.name(settings.topic_prefix),
            message.value,
            message.key,
            headers=[*message.headers, *why],
            timestamp=message.timestamp // 1000,
            on_delivery=lambda error, _: failed.append(str(error)) if error else None,
        )
        log.warning("dead_letter", topic=name, offset=message.offset, reason=skip.reason)
    if dead and (producer.flush(settings.produce_timeout) or failed):
        raise Retry(f"dead letters were not acknowledged: {failed[:3]}")


def _insert(client: Client, batch: Batch) -> None:
    """Store every table of a batch, the frontier last.

    Raises:
        Retry: ClickHouse is away or cannot take it now; some tables may be stored.
        Stop: it never will as things are; says what to do.
    """
    for name, table in batch.tables.items():
        try:
            client.insert_arrow(name, table, settings=_INSERT)
        except (ClickHouseError, OSError) as e:
            raise named(e) from e


def _commit(consumer: Consumer, settings: Settings, messages: Sequence[Message]) -> None:
    """Offsets that cannot be committed are no loss: the rows come again and change nothing."""
    names = {topic.short: topic.name(settings.topic_prefix) for topic in TOPICS}
    ends = {(names[m.topic], m.partition): m.offset + 1 for m in messages}
    try:
        consumer.commit(
            offsets=[
                TopicPartition(topic, partition, end) for (topic, partition), end in ends.items()
            ],
            asynchronous=False,
        )
    except KafkaException as e:
        log.warning("offsets_not_committed", reason=str(e))
