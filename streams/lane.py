"""One partition of one handler: its producer, its position, its clock, its state.

State and position live in one topic of ours, and change in the same transaction as the outputs:
a batch happened wholly or not at all. Opening a lane fences whoever had it before, a stalled
worker that wakes up included.

Source: Apache Kafka, KIP-98 (transactional producer, fencing by epoch).
"""

import json
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import structlog
from confluent_kafka import KafkaException, Producer

from streams import metrics
from streams.errors import Retry, Stop
from streams.handler import Effects, Handler, Headers, Output, Record, moved_from
from streams.kafka import producer_options
from streams.settings import Settings
from streams.topic_reader import read_to_end
from streams.topics import STATE

log = structlog.get_logger()
S = TypeVar("S")

Phase = Callable[[str, Mapping[str, object]], None]

GIVE_UP = 120.0
"""Seconds of a broker's silence after which a worker leaves it to its supervisor to start anew."""

_PAUSE = 0.2

_READING = threading.Lock()
"""The states of a process are read in turn: side by side they share one interpreter, take it from
each other, and need three times the processor's time and half as much memory again."""


class Fenced(Stop):
    """Another worker has opened this partition: nothing of ours was written."""


@dataclass
class Lane(Generic[S]):
    """``position`` is the offset of the last record that is done, ``first`` that of the first one
    ever, ``clock`` in microseconds."""

    handler: Handler[S]
    partition: int
    settings: Settings
    producer: Producer
    state: S
    position: int = -1
    clock: int = 0
    first: int | None = None

    def unseen(self, records: Sequence[Record]) -> Sequence[Record]:
        """The records without those that were moved and were done where they lay before.

        Whoever starts anew has not met those, and takes them where they lie now.
        """
        if self.first is None:
            self.first = records[0].offset
        if not any(r.headers for r in records):
            return records
        return [r for r in records if not self._met(r)]

    def _met(self, record: Record) -> bool:
        was = moved_from(record.headers)
        return was is not None and self.first is not None and self.first <= was

    def commit(self, effects: Effects, position: int, clock: int, sent: Callable[[], None]) -> None:
        """Outputs, state and position in one transaction, repeated until it is done.

        Raises:
            Fenced: another worker owns the partition by now.
            Stop: the broker has not taken it for too long.
        """
        deadline = time.monotonic() + GIVE_UP
        while not self._attempt(effects, position, clock, sent, deadline):
            time.sleep(_PAUSE)
        self.position, self.clock = position, clock

    def _attempt(
        self,
        effects: Effects,
        position: int,
        clock: int,
        sent: Callable[[], None],
        deadline: float,
    ) -> bool:
        try:
            self.producer.begin_transaction()
            for output in effects.outputs:
                self._send(output)
            self._remember(effects.state, position, clock)
            sent()
            self._until_done(self.producer.commit_transaction, deadline)
        except KafkaException as e:
            error = e.args[0]
            if error.fatal():
                raise Fenced(f"{self}: {error.str()}") from e
            if not error.retriable() and not error.txn_requires_abort():
                raise Stop(f"{self}: Kafka will never take this batch: {error.str()}") from e
            if time.monotonic() > deadline:
                raise Stop(f"{self}: Kafka takes no transaction: {error.str()}") from e
            log.warning("transaction_again", lane=str(self), reason=error.str())
            metrics.RETRIES.labels(self.handler.name, self.partition).inc()
            self._until_done(self.producer.abort_transaction, deadline)
            return False
        return True

    def _until_done(self, call: Callable[..., Any], deadline: float) -> None:
        while True:
            try:
                call(self.settings.transaction_timeout)
            except KafkaException as e:
                error = e.args[0]
                if error.fatal():
                    raise Fenced(f"{self}: {error.str()}") from e
                if not error.retriable() or time.monotonic() > deadline:
                    raise
                time.sleep(_PAUSE)
            else:
                return

    def _send(self, output: Output) -> None:
        topic = output.topic.name(self.settings.topic_prefix)
        partition = -1 if output.partition is None else output.partition
        self._produce(topic, output.value, output.key, partition, output.timestamp, output.headers)

    def _remember(self, state: Mapping[bytes, bytes | None], position: int, clock: int) -> None:
        topic = STATE.name(self.settings.topic_prefix)
        said = {"version": 1, "offset": position, "clock": clock, "first": self.first}
        where = json.dumps(said).encode()
        for key, value in {**state, position_key(self.handler.name): where}.items():
            self._produce(topic, value, key, self.partition)

    def _produce(
        self,
        topic: str,
        value: bytes | None,
        key: bytes | None,
        partition: int,
        timestamp: int = 0,
        headers: Headers = (),
    ) -> None:
        """A ``timestamp`` of 0 is now, a ``partition`` of -1 that of the key."""
        said = list(headers) if headers else None
        while True:
            try:
                self.producer.produce(
                    topic, value, key, partition, timestamp=timestamp, headers=said
                )
            except BufferError:
                self.producer.poll(_PAUSE)
            else:
                return

    def __str__(self) -> str:
        return f"{self.handler.name}[{self.partition}]"


def position_key(handler: str) -> bytes:
    """The key on the state topic under which a handler's position of a partition lies."""
    return f"position/{handler}".encode()


def open_lane(handler: Handler[S], partition: int, settings: Settings) -> Lane[S]:
    """Fence the former owner, then read what it left.

    Raises:
        Retry: the broker does not answer.
    """
    name = f"{settings.application}-{handler.name}-{partition}"
    producer = Producer(
        producer_options(
            settings,
            transactional_id=name,
            transaction_timeout_ms=int(settings.transaction_timeout * 1000),
        )
    )
    try:
        producer.init_transactions(settings.transaction_timeout)
    except KafkaException as e:
        raise Retry(f"{name} cannot be opened: {e}") from e
    lane = Lane(handler, partition, settings, producer, handler.empty())
    own = position_key(handler.name)

    def taken(key: bytes, value: bytes | None) -> bool:
        return key != own and handler.absorb(lane.state, key, value)

    with _READING:
        kept = read_to_end(settings, STATE.name(settings.topic_prefix), partition, taken)
    where = kept.pop(own, None)
    if where is not None:
        found = json.loads(where)
        lane.position, lane.clock = found["offset"], found["clock"]
        lane.first = found.get("first") or 0
    for key, value in kept.items():
        handler.restore(lane.state, key, value)
    log.info("opened", lane=str(lane), position=lane.position, keys=len(kept))
    return lane
