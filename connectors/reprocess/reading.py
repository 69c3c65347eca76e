"""Frames of a period out of Kafka, those of some devices: decoded ones, or uplinks decoded again.

A record's timestamp is its arrival, and nothing is observed much after it arrived; so what was
observed from an instant on lies behind the first record that arrived an hour before.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

from confluent_kafka import Consumer, KafkaException, TopicPartition

from connectors.reprocess.spool import Placed
from streams import topics
from streams.decode import Runner, frames_again
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

    def concerns(self, key: bytes, wanted: Wanted) -> bool:
        """Whether a record may hold a message of a wanted device: its key is the device if the
        body names exactly one, else the source."""
        name = key.decode("utf-8", "replace")
        return name in wanted or self.registry.get("device", name) is None

    def hand(self, wire: Wire, frame: Mapping[str, Any]) -> None:
        """Send a frame to live."""
        message = wire.encode("Frame", frame)
        self.send(frame["device"].encode(), message, frame["arrival"] // 1000)
        self.sent += 1


def readings(settings: Settings, wire: Wire, wanted: Wanted, since: int) -> Iterator[Placed]:
    """Frames as they were decoded, of what arrived from ``since`` on.

    Raises:
        Retry: Kafka does not answer.
    """
    keys = {device.encode() for device in wanted}
    mine = {partition_of(key, settings.partitions) for key in keys}
    for record in _arrived(settings, topics.READINGS, since, mine):
        if record.key not in keys:
            continue
        try:
            name, frame = wire.decode(record.value)
        except Skip:
            continue
        if name == "Frame" and _concerns(placed := _placed(frame), wanted):
            yield placed


def uplinks(
    settings: Settings, wire: Wire, wanted: Wanted, since: int, how: Decoding
) -> Iterator[Placed]:
    """Uplinks decoded again as they are declared today, of what arrived from ``since`` on.

    Raises:
        Retry: Kafka does not answer, or the sandbox cannot be started.
    """
    every = range(settings.partitions)
    yield from again(wire, _arrived(settings, topics.UPLINKS, since, every), wanted, how)


def again(wire: Wire, records: Iterable[Record], wanted: Wanted, how: Decoding) -> Iterator[Placed]:
    """The frames of uplinks that have to do with a span that is wanted.

    Raises:
        Retry: the sandbox cannot be started.
    """
    of = how.registry, how.networks, how.run
    for some in _chunked(r for r in records if r.key is not None and how.concerns(r.key, wanted)):
        frames, dead = frames_again(wire, *of, some, how.version, wanted.__contains__)
        how.dead += dead
        for placed in map(_placed, frames):
            _, _, last, frame = placed
            if last >= how.live_since and _concerns(placed, how.handed):
                how.hand(wire, frame)
            if _concerns(placed, wanted):
                yield placed


def _placed(frame: Mapping[str, Any]) -> Placed:
    """A frame with its first and its last instant."""
    first = last = frame["observed_at"]
    for measure in frame["measures"]:
        if (at := measure["observed_at"]) is not None:
            first, last = min(first, at), max(last, at)
    return frame["device"], first, last, frame


def _concerns(placed: Placed, wanted: Wanted) -> bool:
    """Whether a frame has to do with a span that is wanted."""
    device, first, last, _ = placed
    return any(first < until and since <= last for since, until in wanted.get(device, ()))


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
