"""Pending days on their way: a run takes them, settles them, or gives them back.

They are recorded as the run's before they leave the topic, so at no moment is a day in neither
place; and they leave it before anything is read, so what comes late from then on makes its day
pending once more.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict

from clickhouse_connect.driver.client import Client
from confluent_kafka import Producer

from connectors.reprocess.asked import PendingDay
from connectors.store import runs
from connectors.store.batch import ask
from streams import topics
from streams.errors import Retry
from streams.inventory import micros
from streams.kafka import CALL, producer_options
from streams.settings import Settings
from streams.wire import Wire


def waiting(client: Client, reason: str | None) -> list[PendingDay]:
    """The days that no run has taken; None: for any reason.

    Raises:
        Retry: ClickHouse does not answer.
    """
    return [_day(row) for row in ask(client, "pending_days", reason=reason or "")]


def taken(client: Client, run: str) -> list[PendingDay]:
    """The days that a run has taken and not settled.

    Raises:
        Retry: ClickHouse does not answer.
    """
    return [_day(row) for row in ask(client, "run_open_days", run=run)]


def take(
    settings: Settings, client: Client, run: str, days: Sequence[PendingDay], now: int
) -> None:
    """Make them the run's; ``now`` in UTC microseconds.

    Raises:
        Retry: Kafka or ClickHouse does not answer; they are pending in at least one place.
    """
    _record(client, run, days, now, settled=False)
    _send(settings, [(_key(d), None) for d in days], now)


def settle(client: Client, run: str, days: Sequence[PendingDay], now: int) -> None:
    """They are judged.

    Raises:
        Retry: ClickHouse does not answer.
    """
    _record(client, run, days, now, settled=True)


def give_back(settings: Settings, client: Client, wire: Wire, run: str, now: int) -> int:
    """Make what a run has not settled pending again; how many days.

    Raises:
        Retry: Kafka or ClickHouse does not answer; do it again.
    """
    days = taken(client, run)
    said = [(_key(d), wire.encode("Pending", asdict(d))) for d in days]
    _send(settings, said, now)
    _record(client, run, days, now, settled=True)
    return len(days)


Send = Callable[[bytes, bytes | None, int], None]


def sender(settings: Settings, topic: topics.Topic) -> tuple[Send, Callable[[], None]]:
    """``send(key, value, timestamp)`` (milliseconds) to a topic, and ``wait()`` until all that was
    sent is acknowledged, which raises Retry where it was not."""
    producer, failed = Producer(producer_options(settings)), list[str]()
    name = topic.name(settings.topic_prefix)

    def report(error: object, _message: object) -> None:
        if error:
            failed.append(str(error))

    def send(key: bytes, value: bytes | None, timestamp: int) -> None:
        while True:
            try:
                producer.produce(name, value, key, timestamp=timestamp, on_delivery=report)
            except BufferError:
                producer.poll(CALL)
            else:
                return

    def wait() -> None:
        if producer.flush(settings.produce_timeout) or failed:
            raise Retry(
                f"Kafka did not acknowledge what goes to {name} ({failed[:3]}): run it again"
            )

    return send, wait


def _send(settings: Settings, messages: Sequence[tuple[bytes, bytes | None]], now: int) -> None:
    if not messages:
        return
    send, wait = sender(settings, topics.PENDING)
    for key, value in messages:
        send(key, value, now // 1000)
    wait()


def _record(
    client: Client, run: str, days: Sequence[PendingDay], now: int, *, settled: bool
) -> None:
    rows = [(d.device, d.day, d.reason, d.at) for d in days]
    runs.record_days(client, run, rows, now, settled=settled)


def _key(day: PendingDay) -> bytes:
    return f"{day.device}/{day.day}".encode()


def _day(row: dict[str, object]) -> PendingDay:
    return PendingDay(row["device"], row["day"], row["reason"], micros(row["at"]))  # type: ignore[arg-type]
