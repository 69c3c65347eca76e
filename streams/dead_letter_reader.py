"""Looking into the dead letters by hand: the latest first, and nothing is committed or changed.

What is kept while reading is what a list shows; the bytes, a mebibyte each at times, are read
again for the one letter that is looked at.
"""

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, Self

import stamina
from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from streams.dead_letters import said
from streams.errors import Retry, Stop
from streams.handler import Record
from streams.kafka import consumer_options, is_retriable
from streams.resolutions import Resolution, resolution, retried_from
from streams.settings import Settings, masked
from streams.topic_reader import record_of
from streams.topics import DEAD_LETTERS

ANSWER = 5.0
"""Seconds until Kafka must have said where a partition begins and ends."""

WITHIN = 60.0
"""Seconds that one look may take."""

BLOCK = 2000
"""Offsets read at once, from the end backwards."""

_WAIT = 0.5


@dataclass(frozen=True, slots=True)
class Letter:
    """A dead letter without its bytes.

    ``partition`` and ``offset`` are its own place; ``at`` the arrival of what it is about, UTC
    microseconds; ``topic`` and ``read_at`` (partition/offset) are where that was read;
    ``retried_from`` is the place of an earlier letter of the same message, and ``resolution``
    what became of this one, None while it is open.
    """

    partition: int
    offset: int
    at: int
    stage: str
    reason: str
    topic: str
    read_at: str
    message: str
    key: str = ""
    retried_from: str = ""
    resolution: Resolution | None = None

    @property
    def place(self) -> str:
        """Its own, as partition/offset."""
        return f"{self.partition}/{self.offset}"


def described(record: Record, resolution: Resolution | None = None) -> Letter:
    """What our headers say; a letter that lacks them stands for itself."""
    why = said(record.headers)
    return Letter(
        record.partition,
        record.offset,
        record.timestamp * 1000,
        why.get("stage", ""),
        why.get("reason", ""),
        why.get("topic", record.topic),
        f"{why.get('partition', record.partition)}/{why.get('offset', record.offset)}",
        why.get("message", ""),
        (record.key or b"").decode("utf-8", "replace"),
        retried_from(record.headers),
        resolution,
    )


class DeadLetters:
    """The topic, open for reading what is committed; closes with its block."""

    def __init__(
        self,
        settings: Settings,
        block: int = BLOCK,
        within: float = WITHIN,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings, self._block, self._within, self._clock = settings, block, within, clock
        self._answer = min(ANSWER, within)
        self._topic = DEAD_LETTERS.name(settings.topic_prefix)
        options = consumer_options(
            settings,
            f"{settings.application}-by-hand",
            enable_partition_eof=True,
            queued_max_messages_kbytes=16 << 10,
        )
        # Whether the broker answers is told by what is raised.
        self._consumer = Consumer(options | {"log_level": 0})

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._consumer.close()

    def latest(
        self, most: int, wanted: Callable[[Letter], bool] = lambda _: True, since: int = 0
    ) -> list[Letter]:
        """The last ``most`` wanted letters, resolved ones too, in the order of their arrival.

        Of each partition those that died last; ``since`` is the earliest arrival, UTC
        microseconds.

        Raises:
            Retry: Kafka does not answer, or there is more to read than a minute allows.
        """
        deadline = self._clock() + self._within
        found: list[Letter] = []
        try:
            for partition in range(self._settings.partitions):
                found += self._latest(partition, most, wanted, since, deadline)
        except KafkaException as e:
            raise self._silent(e) from e
        return sorted(found, key=lambda of: (of.at, of.partition, of.offset))[-most:]

    def at(self, partition: int, offset: int) -> Record:
        """The letter at a place, byte for byte.

        Raises:
            Retry: Kafka does not answer.
            Stop: there is none.
        """
        deadline = self._clock() + self._within
        try:
            low = high = 0
            if partition < self._settings.partitions:
                low, high = self._bounds(partition)
            if low <= offset < high:
                for record in self._between(partition, offset, offset + 1, deadline):
                    if resolution(record.headers) is None:
                        return record
        except KafkaException as e:
            raise self._silent(e) from e
        raise Stop(
            f"no dead letter at {partition}/{offset} of {self._topic}: "
            "`vigie dead-letters list` shows the places of those that are kept"
        )

    def _latest(
        self,
        partition: int,
        most: int,
        wanted: Callable[[Letter], bool],
        since: int,
        deadline: float,
    ) -> list[Letter]:
        low, end = self._bounds(partition)
        if since > 0:
            low = max(low, self._first_since(partition, since, end))
        found: list[Letter] = []
        after: dict[str, Resolution] = {}
        while low < end and len(found) < most:
            start = max(low, end - self._block)
            block = _letters(self._between(partition, start, end, deadline), after)
            found = [of for of in block if of.at >= since and wanted(of)] + found
            end = start
        return found[-most:]

    def _bounds(self, partition: int) -> tuple[int, int]:
        """The first offset, and the end of what is committed."""
        where = TopicPartition(self._topic, partition)
        ask = partial(self._consumer.get_watermark_offsets, where, timeout=self._answer)
        low, high = self._asked(ask)
        return int(low), int(high)

    def _first_since(self, partition: int, since: int, end: int) -> int:
        """No offset before this one has such an arrival; later ones may have an earlier one."""
        times = [TopicPartition(self._topic, partition, -(-since // 1000))]
        ask = partial(self._consumer.offsets_for_times, times, timeout=self._answer)
        (answer,) = self._asked(ask)
        if answer.error:
            raise KafkaException(answer.error)
        return int(answer.offset) if answer.offset >= 0 else end

    def _asked(self, ask: Callable[[], Any]) -> Any:
        """A topic just made has no leader for a moment."""
        for attempt in stamina.retry_context(
            on=is_retriable, attempts=None, timeout=self._answer, wait_initial=0.05, wait_max=1.0
        ):
            with attempt:
                answer = ask()
        return answer

    def _between(self, partition: int, start: int, until: int, deadline: float) -> Iterator[Record]:
        """What is committed of ``[start, until)``; the marks of transactions take offsets too."""
        self._consumer.assign([TopicPartition(self._topic, partition, start)])
        reached = start
        while reached < until:
            if self._clock() > deadline:
                raise Retry(
                    f"not all of {self._topic} was read within {self._within:.0f} s: "
                    "give --since, or a lower --limit"
                )
            message = self._consumer.poll(_WAIT)
            if message is None:
                continue
            error, offset = message.error(), message.offset() or 0
            if error is None:
                reached = max(reached, offset + 1)
                if offset < until:
                    yield record_of(message)
            elif error.code() == KafkaError._PARTITION_EOF:
                reached = max(reached, offset)
            elif not error.retriable():
                raise KafkaException(error)

    def _silent(self, why: KafkaException) -> Retry:
        return Retry(
            f"the dead letters of Kafka at {masked(self._settings.kafka)} cannot be read: {why}; "
            "does `vigie status` show it running?"
        )


def _letters(block: Iterable[Record], after: dict[str, Resolution]) -> list[Letter]:
    """The letters of a block, each with what became of it.

    ``after`` holds what is said further on, which counts, and takes what is said here.
    """
    records = list(block)
    here = {said.place: said for r in records if (said := resolution(r.headers))}
    after |= here | after
    return [
        described(r, after.get(f"{r.partition}/{r.offset}"))
        for r in records
        if resolution(r.headers) is None
    ]
