"""A topic without some of its records: the others are written again behind, then its head goes.

Kafka removes the head of a partition and nothing else. A record that stays keeps its partition,
key, value, headers and timestamp, and says where it lay before, so that whoever had it does not
take it again. Killed in between, a copy or two lie there twice, which changes nothing; the next
run goes on.

Source: Apache Kafka, KIP-107 (DeleteRecords).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from confluent_kafka import KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient

from connectors.erasure.reading import Reader
from streams.errors import Retry
from streams.handler import MOVED, Record
from streams.kafka import CALL, producer_options
from streams.settings import Settings

AT_ONCE = 500
"""Records between two acknowledgements."""


@dataclass(frozen=True)
class Fate:
    """What becomes of a record: ``gone`` is erased, else ``moved`` or, with neither, left out
    because it says nothing any more."""

    gone: bool = False
    moved: bool = True


@dataclass(frozen=True)
class Rewritten:
    """Of one partition: records gone, moved and left out, and the offset before which nothing
    lies now."""

    partition: int
    gone: int = 0
    moved: int = 0
    left_out: int = 0
    until: int = 0


def rewrite(
    reader: Reader, topic: str, partition: int, until: int, fate: Callable[[Record], Fate]
) -> Rewritten:
    """Take what is gone out of a partition; ``until`` is the end of what everybody has read.

    Nothing is written where nothing is gone, and nothing beyond the last record that is.

    Raises:
        Retry: Kafka does not answer or acknowledge; run it again.
    """
    settings = reader.settings
    found = [r.offset for r in reader.records(topic, partition, until) if fate(r).gone]
    if not found:
        return Rewritten(partition)
    end, moved, left_out = found[-1] + 1, 0, 0
    producer = Producer(producer_options(settings))
    failed: list[str] = []
    for record in reader.records(topic, partition, end):
        what = fate(record)
        if what.moved and not what.gone:
            _move(producer, topic, record, failed)
            moved += 1
            if moved % AT_ONCE == 0:
                _acknowledged(producer, settings, failed)
        left_out += not what.moved and not what.gone
    _acknowledged(producer, settings, failed)
    delete_until(settings, topic, {partition: end})
    return Rewritten(partition, len(found), moved, left_out, end)


def delete_until(settings: Settings, topic: str, ends: dict[int, int]) -> None:
    """Remove everything before these offsets.

    Raises:
        Retry: the broker does not do it.
    """
    admin = AdminClient({"bootstrap.servers": settings.kafka, "log_level": 0})
    places = [TopicPartition(topic, partition, end) for partition, end in ends.items()]
    try:
        for done in admin.delete_records(places, request_timeout=CALL).values() if places else ():
            done.result(CALL)
    except KafkaException as e:
        raise Retry(f"the head of {topic} cannot be removed: {e}; run it again") from e


def _move(producer: Producer, topic: str, record: Record, failed: list[str]) -> None:
    def report(error: Any, _message: Any) -> None:
        if error:
            failed.append(str(error))

    headers = [h for h in record.headers if h[0] != MOVED]
    producer.produce(
        topic,
        record.value,
        record.key,
        partition=record.partition,
        timestamp=record.timestamp,
        headers=[*headers, (MOVED, str(record.offset).encode())],
        on_delivery=report,
    )


def _acknowledged(producer: Producer, settings: Settings, failed: list[str]) -> None:
    if producer.flush(settings.produce_timeout) or failed:
        raise Retry(f"what stays was not acknowledged ({failed[:3]}): run it again")
