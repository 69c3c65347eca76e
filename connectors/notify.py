"""The process that tells people: transitions of alerts to whom the inventory names, each once.

For the live world only: on a simulated clock and in a world beside it nobody is told, nor of what
happened more than an hour ago.
"""

import os
import signal
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field

import structlog
from confluent_kafka import Consumer, KafkaException, TopicPartition
from prometheus_client import Counter

from connectors import notifiers
from connectors.notified import ATTEMPTED, GIVEN_UP, IN_DOUBT, LATER, REFUSED, SENT, Journal
from connectors.notifiers import Destination, Notifier, Transition
from connectors.secrets import secret
from streams.alerts.alert import TRANSITION, TRANSITIONS, alert
from streams.alerts.wanted import wants
from streams.discover import discover
from streams.duration import HOUR
from streams.errors import Retry, Skip, Stop
from streams.follower import Follower
from streams.handler import Record
from streams.inventory.notifiers import Notifier as Declared
from streams.kafka import CALL, consumer_options, high_watermarks
from streams.registry import Registry
from streams.schema_registry import connect
from streams.settings import Settings
from streams.topic_reader import record_of
from streams.topics import ALERTS
from streams.wire import Wire

log = structlog.get_logger()
AGE_MAX = HOUR
"""Microseconds after which a transition is history, and nobody is told of it."""

PAUSE = 30.0
"""Seconds until somebody who did not take it is tried again."""

_POLL = 0.5
_MANY = 500
TOLD = Counter("vigie_notifications", "Transitions by notifier and outcome.", ["notifier", "state"])


@dataclass
class Desk:
    """What is to be sent, in order for each notifier. ``clock()`` in UTC microseconds."""

    wire: Wire
    journal: Journal
    registry: Callable[[], Registry]
    secret_of: Callable[[str], str | None]
    clock: Callable[[], int]
    kinds: Mapping[str, Notifier] = field(default_factory=lambda: discover(notifiers, Notifier))
    waiting: dict[str, deque[tuple[int, Transition]]] = field(default_factory=dict)
    again: dict[str, float] = field(default_factory=dict)

    def take(self, record: Record) -> None:
        """Queue a record of ``alerts`` for everybody who wants it and was not told; an alert that
        leaves the topic is no news."""
        if record.value is None:
            return
        try:
            name, content = self.wire.decode(record.value)
        except Skip as e:
            log.warning("no_alert", partition=record.partition, offset=record.offset, reason=str(e))
            return
        happened = dict(record.headers).get(TRANSITION, b"").decode("utf-8", "replace")
        if name != "Alert" or happened not in TRANSITIONS:
            return
        transition, at = Transition(happened, alert(content)), record.timestamp * 1000
        registry = self.registry()
        for declared in registry.all("notifier").values():
            wanted = wants(declared, happened, transition.alert, registry)
            if wanted and not self.journal.done(declared.id, transition.key):
                self.waiting.setdefault(declared.id, deque()).append((at, transition))

    def work(self, elapsed: float) -> None:
        """Send what waits; ``elapsed`` is a monotonic clock in seconds.

        In turns, so that nobody waits for another's whole queue; who does not take it, or does not
        answer, has a pause.
        """
        while due := [n for n, q in self.waiting.items() if q and elapsed >= self.again.get(n, 0)]:
            for name in due:
                state = self._tell(name, *self.waiting[name][0])
                if state != LATER:
                    self.waiting[name].popleft()
                if state in (LATER, IN_DOUBT):
                    self.again[name] = elapsed + PAUSE

    def _tell(self, name: str, at: int, transition: Transition) -> str:
        """One attempt; what became of it."""
        declared: Declared | None = self.registry().get("notifier", name)
        if self.clock() - at > AGE_MAX:
            state, detail = GIVEN_UP, "it is more than an hour old"
        elif declared is None or declared.kind not in self.kinds:
            state, detail = REFUSED, f"no notifier {name} of a kind among {sorted(self.kinds)}"
        else:
            self.journal.write(name, transition.key, ATTEMPTED)
            state, detail = self._sent(declared, transition)
        self.journal.write(name, transition.key, state, detail)
        TOLD.labels(name, state).inc()
        say = log.info if state == SENT else log.warning
        say("notification", notifier=name, transition=transition.key, state=state, detail=detail)
        return state

    def _sent(self, declared: Declared, transition: Transition) -> tuple[str, str]:
        try:
            known = self.secret_of(declared.secret) if declared.secret else None
            to = Destination(declared, known, self.clock())
            return SENT, self.kinds[declared.kind].send(transition, to)
        except (Retry, Stop) as e:
            return LATER, str(e)
        except Skip as e:
            return IN_DOUBT if e.reason == IN_DOUBT else REFUSED, str(e)
        except Exception as e:  # noqa: BLE001 - one notifier's fault; the others go on
            # Its words may hold the secret: that of an encoding has what was to be encoded.
            return IN_DOUBT, f"{declared.kind} failed with {type(e).__name__}"


def main(settings: Settings) -> None:
    """Tell people until SIGTERM or SIGINT.

    Raises:
        Retry: Kafka or the schema registry does not answer.
        Stop: another process of its kind has been started.
    """
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: sys.exit(0))
    if settings.clock == "simulated" or not settings.notifies:
        log.info("nobody is told of alerts in this world")
        threading.Event().wait()
    with ExitStack() as stack:
        wire = connect(settings)
        follower = Follower(settings, wire).start()
        stack.callback(follower.close)
        desk = Desk(
            wire,
            Journal(settings),
            lambda: follower.current,
            lambda name: secret(settings.home, name, os.environ),
            lambda: time.time_ns() // 1000,
        )
        consumer = Consumer(consumer_options(settings, f"{settings.application}-notifier"))
        stack.callback(consumer.close)
        _begin(consumer, settings, desk.clock() - AGE_MAX)
        while True:
            for record in _records(consumer):
                desk.take(record)
            desk.work(time.monotonic())


def _begin(consumer: Consumer, settings: Settings, since: int) -> None:
    """Read from an instant on, UTC microseconds: what was sent of it is in the journal.

    Where nothing is that young it begins at the end as it was before the question, or what comes
    meanwhile would be passed over.
    """
    topic = ALERTS.name(settings.topic_prefix)
    ends = high_watermarks(settings, topic)
    at = [TopicPartition(topic, p, since // 1000) for p in range(ALERTS.count(settings))]
    try:
        found = [(t.partition, t.offset) for t in consumer.offsets_for_times(at, CALL)]
        consumer.assign([TopicPartition(topic, p, o if o >= 0 else ends[p]) for p, o in found])
    except KafkaException as e:
        raise Retry(f"Kafka does not tell where {topic} is to be read: {e.args[0].str()}") from e


def _records(consumer: Consumer) -> Iterator[Record]:
    for message in consumer.consume(_MANY, _POLL):
        if (error := message.error()) is not None:
            log.warning("kafka", reason=str(error))
        else:
            yield record_of(message)
