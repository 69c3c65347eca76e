"""The uplink of a frame on its topic, and what its device's codec makes of it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from connectors.erasure.reading import Reader
from connectors.replay.uplinks import Uplinks
from streams.codecs.call import Call, Outcome
from streams.errors import Skip
from streams.handler import Record
from streams.kafka import high_watermarks
from streams.mapping import Times, codec_hash, mapper
from streams.message import message
from streams.partition import partition_of
from streams.registry import Registry
from streams.settings import Settings
from streams.topics import UPLINKS
from streams.uplinks import Event, Network, frame_id
from streams.wire import Wire

MOST = 100_000
"""Records of a partition that are looked at from the arrival on."""

Run = Callable[[Sequence[Call]], Sequence[Outcome]]


@dataclass(frozen=True)
class Sent:
    """An uplink that holds a frame: where it lies, what it says, and the frame's own event."""

    record: Record
    uplink: Mapping[str, Any]
    event: Event

    def told(self) -> dict[str, Any]:
        """For people and machines; instants are UTC microseconds."""
        event, payload = self.event, self.event.payload
        place = f"{self.record.topic}[{self.record.partition}]@{self.record.offset}"
        names = ("source", "network", "request_id", "arrival")
        return {
            "place": place,
            **{name: self.uplink[name] for name in names},
            "observed_at": event.observed_at,
            "counter": event.counter,
            "port": event.port,
            "payload": None if payload is None else payload.hex(),
        }


def find(
    settings: Settings,
    wire: Wire,
    networks: Mapping[str, Network],
    registry: Registry,
    frame: tuple[str, bytes, int],
) -> Sent | None:
    """The uplink of a frame: its device, id and arrival (UTC microseconds); None where it is not
    found among those that arrived then.

    Raises:
        Retry: Kafka does not answer.
    """
    device, name, arrival = frame
    topic = UPLINKS.name(settings.topic_prefix)
    ends = high_watermarks(settings, topic)
    starts = Uplinks(settings, wire).starts(arrival)
    own = partition_of(device.encode(), settings.partitions)
    with Reader(settings) as reader:
        for partition in sorted(starts, key=lambda p: (p != own, p)):
            records = reader.records(topic, partition, ends[partition], starts[partition])
            for record in islice(records, MOST):
                if record.timestamp == arrival // 1000:
                    found = _holds(record, wire, networks, registry, (device, name))
                    if found is not None and found.uplink["arrival"] == arrival:
                        return found
    return None


def _holds(
    record: Record,
    wire: Wire,
    networks: Mapping[str, Network],
    registry: Registry,
    frame: tuple[str, bytes],
) -> Sent | None:
    """The frame in an uplink; what cannot be read holds none."""
    try:
        kind, uplink = wire.decode(record.value)
        network = networks.get(uplink["network"]) if kind == "Uplink" else None
        if network is None:
            return None
        source = registry.get("source", uplink["source"])
        events = network.reader(source)(uplink["body"], uplink["query"])
    except Skip:
        return None
    for event in events:
        if isinstance(event, Event) and event.device == frame[0]:
            met = event.met(uplink["arrival"])
            if frame_id(uplink["network"], met.dedup) == frame[1]:
                return Sent(record, uplink, met)
    return None


def decoded(sent: Sent, registry: Registry, run: Run, key: tuple[str, str]) -> dict[str, Any]:
    """What the codec of now makes of it: name, hash, the object, the measures of a series."""
    asked = message(sent.record, sent.uplink, sent.event, registry)
    told: dict[str, Any] = {"codec": asked.codec.id, "hash": codec_hash(asked.codec)}
    outcome = run([asked.call])[0] if asked.call else asked.decoded
    if outcome is None:
        return told | {"object": None, "measures": []}
    if outcome.data is None:
        return told | {"object": None, "errors": list(outcome.errors), "measures": []}
    times = Times(sent.event.observed_at, sent.uplink["arrival"])
    mapped = mapper(asked.codec, registry)(outcome.data, times)
    mine = [m for m in mapped.measures if (m["property"], m["channel"]) == key]
    return told | {"object": outcome.data, "measures": mine}
