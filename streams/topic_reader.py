"""Reading a partition by hand: a compacted one to its end, or a range that was not delivered."""

import threading
import time
from collections.abc import Callable, Iterator

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from streams.errors import Retry
from streams.handler import Record
from streams.kafka import CALL, consumer_options, high_watermark
from streams.settings import Settings

_CHUNK = 5000
_WAIT = 0.5
_AHEAD_KIB = 4096
"""What a reader may hold that nobody has asked for yet: as many read side by side as there are
partitions."""
_AGAIN_MS = 10
"""When a reader that held so much looks whether there is room again: librdkafka waits for a second
where nobody says, which is most of the time that a state takes to be read."""


def record_of(message: Message) -> Record:
    """A message of confluent-kafka as a record."""
    return Record(
        message.topic() or "",
        message.partition() or 0,
        message.offset() or 0,
        message.key(),
        message.value(),
        tuple(message.headers() or ()),
        message.timestamp()[1],
    )


def _consumer(settings: Settings) -> Consumer:
    return Consumer(
        consumer_options(
            settings,
            f"{settings.application}-by-hand",
            enable_partition_eof=True,
            queued_max_messages_kbytes=_AHEAD_KIB,
            fetch_queue_backoff_ms=_AGAIN_MS,
            auto_offset_reset="earliest",
        )
    )


def _messages(consumer: Consumer, until: int, patience: float) -> Iterator[list[Message]]:
    """What is committed before offset ``until``; the caller has assigned one partition.

    Raises:
        Retry: nothing came for ``patience`` seconds.
    """
    quiet = time.monotonic()
    while True:
        messages = consumer.consume(_CHUNK, _WAIT)
        good = [m for m in messages if m.error() is None]
        errors = [m for m in messages if m.error()] if len(good) < len(messages) else []
        for error in (m.error() for m in errors):
            if error.code() != KafkaError._PARTITION_EOF and not error.retriable():
                raise KafkaException(error)
        reached = [m.offset() or 0 for m in errors if _is_end(m)]
        reached += [(m.offset() or 0) + 1 for m in good[-1:]]
        if good and reached[-1] > until:
            good = [m for m in good if (m.offset() or 0) < until]
        if good:
            quiet = time.monotonic()
            yield good
        if reached and max(reached) >= until:
            return
        if time.monotonic() - quiet > patience:
            raise Retry(f"nothing more to read before offset {until}")


def _is_end(message: Message) -> bool:
    error = message.error()
    return error is not None and error.code() == KafkaError._PARTITION_EOF


Taken = Callable[[bytes, bytes | None], bool]
"""Whether a record needs not be kept until the end is reached: its key and value."""


def _none(_key: bytes, _value: bytes | None) -> bool:
    return False


def read_to_end(
    settings: Settings, topic: str, partition: int, taken: Taken = _none
) -> dict[bytes, bytes]:
    """The latest value of every key of a compacted partition, without what is ``taken`` on the
    way.

    To the end that counts open transactions: another handler's may lie before our own last
    records, and they are waited for.

    Raises:
        Retry: the broker does not answer.
    """
    end = high_watermark(settings, topic, partition)
    kept: dict[bytes, bytes] = {}
    if not end:
        return kept
    consumer = _consumer(settings)
    try:
        consumer.assign([TopicPartition(topic, partition, 0)])
        for messages in _messages(consumer, end, settings.transaction_timeout + CALL):
            for message in messages:
                key, value = message.key() or b"", message.value()
                if taken(key, value):
                    continue
                if value is None:
                    kept.pop(key, None)
                else:
                    kept[key] = value
    finally:
        consumer.close()
    return kept


class RangeReader:
    """Reads ranges of a topic; one connection, one reader at a time."""

    def __init__(self, settings: Settings, topic: str) -> None:
        self._topic, self._settings = topic, settings
        self._lock = threading.Lock()
        self._consumer: Consumer | None = None

    def between(self, partition: int, start: int, until: int) -> list[Record]:
        """The committed records of ``[start, until)``, at most a few thousand of them.

        Raises:
            Retry: the range cannot be read now.
        """
        with self._lock:
            consumer = self._assigned(partition, start)
            try:
                for messages in _messages(consumer, until, CALL):
                    return [record_of(m) for m in messages]
            finally:
                consumer.unassign()
        return []

    def after(self, partition: int, start: int, patience: float = 1.0) -> list[Record]:
        """What follows from ``start`` on, waiting a little for it; may be nothing."""
        with self._lock:
            consumer = self._assigned(partition, start)
            try:
                messages = consumer.consume(_CHUNK, patience)
                return [record_of(m) for m in messages if not m.error()]
            finally:
                consumer.unassign()

    def _assigned(self, partition: int, start: int) -> Consumer:
        if self._consumer is None:
            self._consumer = _consumer(self._settings)
        self._consumer.assign([TopicPartition(self._topic, partition, start)])
        return self._consumer

    def close(self) -> None:
        """Give the connection back."""
        if self._consumer is not None:
            self._consumer.close()
