"""Appends to Kafka one after the other, with few under way, done when every replica has it."""

from typing import Any

from confluent_kafka import KafkaException, Producer

from streams.errors import Retry
from streams.kafka import producer_options
from streams.settings import Settings, masked

_POLL = 0.2
WITHIN = 60.0
"""Seconds that a broker may be away before an import gives up; it can be begun again."""


class Sent:
    """A record under way."""

    __slots__ = ("done", "error")

    def __init__(self) -> None:
        self.done, self.error = False, ""

    def report(self, error: Any, _message: Any) -> None:
        """Kafka's answer."""
        self.done, self.error = True, str(error) if error else ""


class Appender:
    """One producer with ``acks=all``; ``within`` in seconds.

    Not idempotent: a copy of a row counts once anyway, while an idempotent producer can come to
    an error that is fatal when a broker comes back with less, and this one lives for long.
    """

    def __init__(self, settings: Settings, topic: str, within: float = WITHIN) -> None:
        self._topic = topic
        self._where = masked(settings.kafka)
        options = {"enable_idempotence": False, "delivery_timeout_ms": int(within * 1000)}
        self._producer = Producer(producer_options(settings, **options))

    def send(self, key: bytes, value: bytes, timestamp: int) -> Sent:
        """Begin; ``timestamp`` in milliseconds UTC.

        Raises:
            Retry: Kafka does not take it.
        """
        sent = Sent()
        try:
            self._producer.produce(
                self._topic, value, key, timestamp=timestamp, on_delivery=sent.report
            )
        except (BufferError, KafkaException) as e:
            raise Retry(f"Kafka at {self._where} does not take a record: {e}") from e
        self._producer.poll(0)
        return sent

    def wait(self, sent: Sent) -> None:
        """Return once it is acknowledged.

        Raises:
            Retry: Kafka did not acknowledge it.
        """
        while not sent.done:
            self._producer.poll(_POLL)
        if sent.error:
            raise Retry(
                f"Kafka at {self._where} did not acknowledge: {sent.error}; the same import goes "
                "on where this one stopped"
            )

    def close(self) -> None:
        """Forget what is still under way: whoever waits for it has given up."""
        self._producer.purge()
        self._producer.flush(_POLL)
