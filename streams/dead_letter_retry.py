"""Resolving dead letters: sent again and marked, or only marked.

A letter is marked once its message is acknowledged, never before: whoever is killed in between
sends it again the next time, and a copy of a frame changes nothing.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from confluent_kafka import Producer

from streams.dead_letter_reader import Letter
from streams.errors import Retry, Skip
from streams.handler import Output, Record
from streams.kafka import producer_options
from streams.resolutions import State, again, resolved
from streams.settings import Settings

AT_ONCE = 100
"""Letters between two acknowledgements: their bytes are in memory, a mebibyte each at most."""

Read = Callable[[int, int], Record]
Outcome = tuple[Letter, str]
"""A letter, and why it was left alone: empty where it was resolved."""


def resolve(
    settings: Settings, letters: Sequence[Letter], state: State, read: Read, author: str, at: int
) -> Iterator[Outcome]:
    """Retry or drop letters, in their order; ``read(partition, offset)`` gives their bytes and
    ``at`` is now, UTC microseconds.

    Raises:
        Retry: Kafka did not acknowledge; what was yielded is done.
    """
    producer = Producer(producer_options(settings))
    for start in range(0, len(letters), AT_ONCE):
        some = letters[start : start + AT_ONCE]
        records = [read(letter.partition, letter.offset) for letter in some]
        why = [""] * len(some)
        if state == "retried":
            outputs = [_again(record, settings, author, at) for record in records]
            _send(producer, settings, (o for o in outputs if isinstance(o, Output)))
            why = [str(o) if isinstance(o, Skip) else "" for o in outputs]
        done = (r for r, left in zip(records, why, strict=True) if not left)
        _send(producer, settings, (resolved(record, state, author, at) for record in done))
        yield from zip(some, why, strict=True)


def _again(record: Record, settings: Settings, author: str, at: int) -> Output | Skip:
    try:
        return again(record, settings.topic_prefix, author, at)
    except Skip as why:
        return why


def _send(producer: Producer, settings: Settings, outputs: Iterable[Output]) -> None:
    failed: list[str] = []

    def report(error: Any, _message: Any) -> None:
        if error:
            failed.append(str(error))

    for output in outputs:
        producer.produce(
            output.topic.name(settings.topic_prefix),
            output.value,
            output.key,
            partition=-1 if output.partition is None else output.partition,
            timestamp=output.timestamp,
            headers=list(output.headers),
            on_delivery=report,
        )
    if producer.flush(settings.produce_timeout) or failed:
        raise Retry(
            f"Kafka did not acknowledge ({', '.join(failed[:3]) or 'in time'}): call it again, "
            "what is sent twice counts once"
        )
