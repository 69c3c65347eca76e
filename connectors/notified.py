"""What was sent to whom: a topic of our own, written before and after every attempt.

An attempt that was begun and of whose end nothing is known, because the process was killed, is
never repeated: whoever is told twice stops believing. At most one for each notifier is lost so,
and the next process says which.
"""

import json
from collections.abc import Iterable

import structlog
from confluent_kafka import KafkaException, Producer

from streams.errors import Retry, Stop
from streams.kafka import high_watermark, producer_options
from streams.settings import Settings
from streams.topic_reader import RangeReader
from streams.topics import NOTIFICATIONS

log = structlog.get_logger()

ATTEMPTED, LATER, SENT, REFUSED, IN_DOUBT, GIVEN_UP = (
    "attempted",
    "later",
    "sent",
    "refused",
    "in_doubt",
    "given_up",
)
_OPEN = frozenset({LATER})
"""After these it may be attempted again."""

KNOWN = 100_000
"""Attempts that are remembered: more than anybody makes in the hour after which nothing is sent."""

Name = tuple[str, str]
"""The notifier and the transition's key."""


class Journal:
    """Whoever opens it is the only one who writes: the process before is fenced."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._topic = NOTIFICATIONS.name(settings.topic_prefix)
        name = f"{settings.application}-notifier"
        self._producer = Producer(producer_options(settings, transactional_id=name))
        try:
            self._producer.init_transactions(settings.transaction_timeout)
        except KafkaException as e:
            raise Retry(f"{name} cannot be opened: {e}") from e
        self._states: dict[Name, str] = {}
        for told, state in self._read():
            self._know(told, state)
        for notifier, key in [n for n, state in self._states.items() if state == ATTEMPTED]:
            log.warning("notification_in_doubt", notifier=notifier, transition=key)
            self.write(notifier, key, IN_DOUBT, "the process ended while it was sent")

    def done(self, notifier: str, key: str) -> bool:
        """Whether nothing more is to be done for it."""
        return self._states.get((notifier, key), LATER) not in _OPEN

    def write(self, notifier: str, key: str, state: str, detail: str = "") -> None:
        """Keep a state; on disk when it returns.

        Raises:
            Retry: Kafka does not take it.
            Stop: another notifier process has been started.
        """
        said = {"version": 1, "transition": key, "state": state, "detail": detail[:500]}
        try:
            self._producer.begin_transaction()
            self._producer.produce(self._topic, json.dumps(said).encode(), notifier, partition=0)
            self._producer.commit_transaction(self._settings.transaction_timeout)
        except KafkaException as e:
            if e.args[0].fatal():
                raise Stop(f"another notifier process writes {self._topic}: run only one") from e
            self._producer.abort_transaction(self._settings.transaction_timeout)
            raise Retry(f"Kafka does not take what was sent: {e.args[0].str()}") from e
        self._know((notifier, key), state)

    def _know(self, name: Name, state: str) -> None:
        """The latest last: what is older than an hour is asked for by nobody."""
        self._states.pop(name, None)
        self._states[name] = state
        if len(self._states) > KNOWN:
            del self._states[next(iter(self._states))]

    def _read(self) -> Iterable[tuple[Name, str]]:
        end = high_watermark(self._settings, self._topic, 0)
        reader, start = RangeReader(self._settings, self._topic), 0
        try:
            while found := reader.between(0, start, end) if start < end else []:
                for record in found:
                    said = json.loads(record.value or b"{}")
                    yield ((record.key or b"").decode(), said["transition"]), said["state"]
                start = found[-1].offset + 1
        finally:
            reader.close()
