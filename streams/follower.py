"""The registry topic, read to its end before the first uplink, then followed."""

import math
import threading
import time
from collections.abc import Mapping
from typing import Any

import structlog
from confluent_kafka import Consumer, KafkaError, TopicPartition

from streams import topics
from streams.errors import Retry, Skip
from streams.kafka import CALL, consumer_options, high_watermarks
from streams.registry import Change, Declarations, Registry, declaration
from streams.settings import Settings
from streams.wire import Wire

log = structlog.get_logger()
_POLL = 0.2
_REFRESH = 1.0
_CHUNK = 5000
_AT_HAND = 0.01


class Follower:
    """Keeps ``current`` up to date in a thread of its own."""

    def __init__(self, settings: Settings, wire: Wire) -> None:
        self._settings, self._wire = settings, wire
        self._topic = topics.REGISTRY.name(settings.topic_prefix)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._follow, name="registry", daemon=True)
        self._read: dict[int, int] = {}
        self._refreshed = -math.inf
        self.current = Registry()

    @property
    def declarations(self) -> Declarations:
        """For the handlers."""
        return Declarations(lambda: self.current, self.fresh)

    def fresh(self) -> Registry:
        """The snapshot after all that is on the topic now; at most one look a second.

        Where Kafka does not answer, the snapshot that we have.
        """
        if time.monotonic() - self._refreshed < _REFRESH:
            return self.current
        try:
            ends = high_watermarks(self._settings, self._topic)
        except Retry as e:
            log.warning("registry_not_refreshed", reason=str(e))
            return self.current
        deadline = time.monotonic() + _REFRESH
        while time.monotonic() < deadline and self._behind(ends):
            time.sleep(_POLL / 20)
        self._refreshed = time.monotonic()
        return self.current

    def start(self) -> "Follower":
        """Read the topic to its high watermark, then go on in the background.

        Raises:
            Retry: the broker does not answer in time.
        """
        ends = high_watermarks(self._settings, self._topic)
        group = f"{self._settings.application}-registry"
        self._consumer = Consumer(
            consumer_options(self._settings, group, enable_partition_eof=True)
        )
        self._consumer.assign([TopicPartition(self._topic, p, 0) for p in ends])
        while self._behind(ends):
            messages = self._next(CALL)
            if not messages:
                self._consumer.close()
                raise Retry("the registry topic cannot be read to its end")
            self._take(messages)
        self._thread.start()
        return self

    def close(self) -> None:
        """Stop following."""
        self._stop.set()
        self._thread.join()
        self._consumer.close()

    def _behind(self, ends: Mapping[int, int]) -> bool:
        return any(self._read.get(p, 0) < end for p, end in ends.items())

    def _follow(self) -> None:
        while not self._stop.is_set():
            self._take(self._next(_POLL))

    def _next(self, patience: float) -> list[Any]:
        """The next message within seconds, and what is at hand behind it."""
        first = self._consumer.poll(patience)
        return [] if first is None else [first, *self._consumer.consume(_CHUNK, _AT_HAND)]

    def _take(self, messages: list[Any]) -> None:
        found = [one for message in messages if (one := self._understood(message))]
        if self._stop.is_set():
            return
        if found:
            sequence = max(sequence for _, sequence in found)
            self.current = self.current.after((change for change, _ in found), sequence)
        for message in filter(_placed, messages):
            self._read[message.partition()] = int(message.offset()) + (message.error() is None)

    def _understood(self, message: Any) -> tuple[Change, int] | None:
        """What a message declares, or None; waits while its schema cannot be had."""
        if not _placed(message):
            log.warning("registry_read", reason=str(message.error()))
        if message.error() is not None:
            return None
        while not self._stop.is_set():
            try:
                return declaration(message.key(), message.value(), self._wire)
            except Skip as e:
                log.warning("declaration_ignored", key=str(message.key()), reason=str(e))
                return None
            except Retry as e:
                log.warning("registry_waits", reason=str(e))
                self._stop.wait(_REFRESH)
        return None


def _placed(message: Any) -> bool:
    """Whether it says how far a partition was read: a message, or the end of a partition."""
    error = message.error()
    return error is None or error.code() == KafkaError._PARTITION_EOF
