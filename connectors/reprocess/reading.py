"""Frames of a period out of Kafka, those of some devices: decoded ones, or uplinks decoded again.

A record's timestamp is its arrival, and nothing is observed much after it arrived; so what was
observed from an instant on lies behind the first record that arrived an hour before.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

from confluent_kafka import Consumer, KafkaException, TopicPartition

from connectors.reprocess.spool import Placed
from streams import topics
from streams.decode import Runner, decoded_again
from streams.device_time import AHEAD_MAX
from streams.errors import Retry, Skip
from streams.handler import Record
from streams.kafka import CALL, consumer_options, high_watermarks
from streams.partition import partition_of
from streams.registry import Registry
from streams.reprocess.contract import Span
from streams.settings import Settings
from streams.topic_reader import RangeReader
from streams.topics import Topic
from streams.uplinks import Network
from streams.wire import Wire

READINGS_KEPT = topics.READINGS.retention_ms * 1000 - AHEAD_MAX
"""Microseconds of the past whose frames are surely on the topic."""

Wanted = Mapping[str, Sequence[Span]]
"""Devices, and the spans of which frames are looked for."""


@dataclass
class Decoding:
    """What decoding uplinks again takes. ``version`` is that of what comes out; frames that have to
    do with the spans of ``handed`` and have a sample from ``live_since`` on go to live by ``send``
    as well. ``dead`` counts what could not be decoded, ``sent`` what went to live.
    """

    registry: Registry
    networks: Mapping[str, Network]
    run: Runner
    version: int
    live_since: int
    send: Callable[[bytes, bytes, int], None]
    handed: Wanted = field(default_factory=dict)
    dead: int = 0
    sent: int = 0

    def concerns(self, key: bytes | None, wanted: Wanted) -> bool:
        """Whether a record may hold a message of a wanted device: its key is the device if the
        body names exactly one, else the source."""
        name = (key or b"").decode("utf-8", "replace")
        return name in wanted or self.registry.get("device", name) is None


def readings(settings: Settings, wire: Wire, wanted: Wanted, since: int) -> Iterator[Placed]:
    """Frames as they were decoded, of what arrived from ``since`` on.

    Raises:
        Retry: Kafka does not answer.
    """
    mine = {partition_of(device.encode(), settings.partitions) for device in wanted}
    for record in _arrived(settings, topics.READINGS, since, mine):
        try:
            name, content = wire.decode(record.value)
        except Skip:
            continue
        if name == "Frame" and (placed := _placed(content, record.value, wanted)):
            yield placed


def uplinks(
    settings: Settings, wire: Wire, wanted: Wanted, since: int, how: Decoding
) -> Iterator[Placed]:
    """Uplinks decoded again as they are declared today, of what arrived from ``since`` on.

    Raises:
        Retry: Kafka does not answer, or the sandbox cannot be started.
    """
    every = range(settings.partitions)
    concerned = _chunked(
        r
        for r in _arrived(settings, topics.UPLINKS, since, every)
        if r.key is not None and how.concerns(r.key, wanted)
    )
    for records in concerned:
        effects = decoded_again(
            wire, how.registry, how.networks, how.run, records, how.version, wanted.__contains__
        )
        how.dead += effects.letters
        for output in effects.outputs:
            if output.topic is topics.READINGS and output.value is not None:
                content = wire.decode(output.value)[1]
                if _last(content) >= how.live_since and _concerns(content, how.handed):
                    how.send(output.key or b"", output.value, output.timestamp)
                    how.sent += 1
                if placed := _placed(content, output.value, wanted):
                    yield placed


def _placed(content: Mapping[str, Any], body: bytes | None, wanted: Wanted) -> Placed | None:
    """The frame with its first and last instant, where it has to do with a span that is wanted."""
    if body is None or not _concerns(content, wanted):
        return None
    return content["device"], min(_instants(content)), _last(content), body


def _concerns(content: Mapping[str, Any], wanted: Wanted) -> bool:
    if not (spans := wanted.get(content["device"])):
        return False
    first, last = min(_instants(content)), _last(content)
    return any(first < until and since <= last for since, until in spans)


def _instants(content: Mapping[str, Any]) -> list[int]:
    at = content["observed_at"]
    own = (m["observed_at"] for m in content["measures"])
    return [at, *(instant for instant in own if instant is not None)]


def _last(content: Mapping[str, Any]) -> int:
    return max(_instants(content))


def _chunked(records: Iterator[Record], size: int = 1000) -> Iterator[list[Record]]:
    chunk: list[Record] = []
    for record in records:
        chunk.append(record)
        if len(chunk) == size:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def _arrived(
    settings: Settings, topic: Topic, since: int, partitions: Collection[int]
) -> Iterator[Record]:
    """What arrived from ``since`` (UTC microseconds) on and is on the topic now."""
    name = topic.name(settings.topic_prefix)
    ends = high_watermarks(settings, name)
    starts = _starts(settings, name, since - AHEAD_MAX, partitions)
    with closing(RangeReader(settings, name)) as reader:
        for number, start in sorted(starts.items()):
            while start < ends[number]:
                records = reader.between(number, start, ends[number])
                yield from records
                if not records:
                    break
                start = records[-1].offset + 1


def _starts(
    settings: Settings, name: str, since: int, partitions: Collection[int]
) -> dict[int, int]:
    """The first offset of each partition that arrived then or later; none where nothing did."""
    with closing(Consumer(consumer_options(settings, f"{settings.application}-by-hand"))) as asked:
        places = [TopicPartition(name, p, max(since // 1000, 0)) for p in partitions]
        try:
            found = asked.offsets_for_times(places, timeout=CALL) if places else []
        except KafkaException as e:
            raise Retry(f"where {name} stood then is not known: {e}") from e
    if failed := [str(of.error) for of in found if of.error]:
        raise Retry(f"where {name} stood then is not known: {failed[0]}")
    return {of.partition: of.offset for of in found if of.offset >= 0}
