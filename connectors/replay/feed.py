"""Sends uplinks of the past minute by minute, and ticks between them, and notes how far it is."""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from confluent_kafka import Producer

from connectors.replay.pace import due, headers
from connectors.replay.position import Position
from connectors.replay.uplinks import Uplinks
from streams.duration import MINUTE
from streams.errors import Retry
from streams.handler import Record
from streams.kafka import CALL, producer_options
from streams.settings import Settings
from streams.topics import UPLINKS
from streams.wire import Wire

NOTED = 60
"""Minutes after which a replay that nothing holds up notes its position; after each otherwise."""

Keep = Callable[[Position], None]


@dataclass
class _Lane:
    """One partition: what is due next, and the offset behind what was sent."""

    coming: Iterator[tuple[int, Record]]
    following: int
    next: tuple[int, Record] | None = None

    def before(self, minute: int) -> Iterator[Record]:
        """What is due before a minute."""
        while True:
            self.next = self.next or next(self.coming, None)
            if self.next is None or self.next[0] >= minute:
                return
            record, self.next = self.next[1], None
            self.following = record.offset + 1
            yield record


@dataclass
class Feed:
    """``ticks``: a tick of each minute to every partition, as the scheduler sends them live.

    What was sent after the position was kept last is sent again: copies, which change nothing.
    """

    target: Settings
    wire: Wire
    uplinks: Uplinks
    keep: Keep
    ticks: bool = True
    producer: Producer = field(init=False)
    failed: list[Any] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.producer = Producer(producer_options(self.target))

    def run(
        self,
        position: Position,
        speed: float | None,
        progress: Callable[[int], None],
        stopped: Callable[[], bool] = lambda: False,
    ) -> Position:
        """Send what is left, and the position after it; ``progress(n)`` hears how many were sent.

        ``speed`` is how many times faster than it was, None for as fast as it goes. ``stopped``
        is asked after each minute and ends it early.

        Raises:
            Retry: Kafka does not take it in time; the position that was kept goes on.
        """
        lanes, now = self._lanes(position), position
        begun, first = time.monotonic(), position.minute
        for minute in range(position.minute + MINUTE, position.period.end + 1, MINUTE):
            sent = now.sent + sum(self._send(lane, minute) for lane in lanes.values())
            if self.ticks:
                self._tick(minute)
            now = now.at({p: lane.following for p, lane in lanes.items()}, minute, sent)
            last = minute + MINUTE > position.period.end or stopped()
            if speed or last or (minute - first) // MINUTE % NOTED == 0:
                self._acknowledged()
                self.keep(now)
                progress(sent)
            if last:
                break
            if speed:
                _wait(begun + (minute - first) / 1e6 / speed)
        return now

    def _lanes(self, position: Position) -> Mapping[int, _Lane]:
        period, bounds = position.period, position.bounds or {}
        lanes = {}
        for partition, (first, end) in bounds.items():
            start = (position.following or {}).get(partition, first)
            found = self.uplinks.records(partition, (start, end), period.first, period.end)
            lanes[partition] = _Lane(due(found, position.minute), start)
        return lanes

    def _send(self, lane: _Lane, minute: int) -> int:
        count = 0
        for record in lane.before(minute):
            self._produce(
                record.partition, record.timestamp, record.value, record.key, headers(record)
            )
            count += 1
        return count

    def _tick(self, minute: int) -> None:
        message = self.wire.encode("Tick", {"at": minute})
        for partition in range(self.target.partitions):
            self._produce(partition, minute // 1000, message)

    def _produce(
        self,
        partition: int,
        timestamp: int,
        value: bytes | None,
        key: bytes | None = None,
        own: list[tuple[str, bytes]] | None = None,
    ) -> None:
        while True:
            try:
                self.producer.produce(
                    UPLINKS.name(self.target.topic_prefix),
                    value,
                    key,
                    partition=partition,
                    timestamp=timestamp,
                    headers=own or [],
                    on_delivery=lambda error, _: self.failed.append(error) if error else None,
                )
            except BufferError:
                self.producer.poll(CALL)
            else:
                self.producer.poll(0)
                return

    def _acknowledged(self) -> None:
        if self.producer.flush(self.target.produce_timeout) or self.failed:
            why = self.failed[0] if self.failed else "no answer"
            raise Retry(f"Kafka did not take the uplinks ({why}): run the same command again")


def _wait(until: float) -> None:
    time.sleep(max(0.0, until - time.monotonic()))
