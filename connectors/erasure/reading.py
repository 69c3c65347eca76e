"""Many short looks into topics over one connection."""

import time
from collections.abc import Iterator
from typing import Self

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from streams.errors import Retry
from streams.handler import Record
from streams.kafka import CALL, consumer_options
from streams.settings import Settings
from streams.topic_reader import record_of

_WAIT = 0.5


class Reader:
    """Reads what is committed, one partition at a time; closes with its block."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        group = f"{settings.application}-by-hand"
        self._consumer = Consumer(consumer_options(settings, group, enable_partition_eof=True))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._consumer.close()

    def low(self, topic: str, partition: int) -> int:
        """The first offset that a partition still has.

        Raises:
            Retry: the broker does not answer.
        """
        try:
            where = TopicPartition(topic, partition)
            return int(self._consumer.get_watermark_offsets(where, timeout=CALL)[0])
        except KafkaException as e:
            raise Retry(f"the beginning of {topic} is not known: {e}") from e

    def _turn_to(self, place: TopicPartition) -> None:
        """Read from there on, and nothing of where we were: the end of another partition, which
        may still be queued, would be taken for the end of this one."""
        self._consumer.unassign()
        while self._consumer.poll(0) is not None:
            pass
        self._consumer.assign([place])

    def records(self, topic: str, partition: int, until: int, start: int = 0) -> Iterator[Record]:
        """The records of ``[start, until)``, waiting for transactions that are open there.

        Raises:
            Retry: the broker does not answer, or a transaction stays open.
        """
        reached = max(start, self.low(topic, partition))
        patience = self.settings.transaction_timeout + CALL
        quiet = time.monotonic()
        if reached < until:
            self._turn_to(TopicPartition(topic, partition, reached))
        while reached < until:
            # A message without a value is false: None alone is no message.
            if (message := self._consumer.poll(_WAIT)) is not None:
                error = message.error()
                if error is None:
                    reached, quiet = (message.offset() or 0) + 1, time.monotonic()
                    if reached <= until:
                        yield record_of(message)
                elif error.code() == KafkaError._PARTITION_EOF:
                    reached = max(reached, message.offset() or 0)
                elif not error.retriable():
                    raise Retry(f"{topic} cannot be read: {error}")
            if time.monotonic() - quiet > patience:
                raise Retry(f"nothing more to read of {topic}[{partition}] before offset {until}")
