"""The whole way of the data in a test's own hand: real topics, schemas, codecs and store, and the
handlers driven batch by batch, so that a test says when what happens."""

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any

from clickhouse_connect.driver.client import Client
from confluent_kafka import Producer

from connectors import networks
from connectors.store import migrations
from connectors.store.client import connect as connect_store
from streams import schema_registry
from streams.codecs.sandbox import sandbox
from streams.declare import declare
from streams.decode import decode
from streams.discover import discover
from streams.follower import Follower
from streams.handler import Handler, Record
from streams.host import Host
from streams.inventory import KINDS
from streams.kafka import high_watermarks, producer_options
from streams.observe import observe
from streams.settings import Settings
from streams.ticks import send_ticks
from streams.topic_reader import RangeReader
from streams.topics import UPLINKS, Topic
from streams.uplinks import Network
from streams.watch import watch
from streams.wire import Wire
from tests.world import sinking

NETWORKS = discover(networks, Network)
SCRIPT = "function decodeUplink(input) { return {data: {level: input.bytes[0]}}; }"
INVENTORY: tuple[tuple[str, dict[str, Any]], ...] = (
    ("use_case", {"id": "u", "title_fr": "u", "title_en": "u"}),
    (
        "property",
        {"id": "level", "title_fr": "n", "title_en": "l", "unit": "%", "resolution": 0.1},
    ),
    ("source", {"id": "s", "network": "senml"}),
    ("codec", {"id": "c", "script": SCRIPT, "mapping": [{"path": "level", "property": "level"}]}),
)


def device(name: str) -> tuple[str, dict[str, Any]]:
    """A device that sends a level every ten minutes."""
    body = {"id": name, "name": name, "codec": "c", "use_case": "u", "nominal_period": 600}
    return "device", body


def tts(name: str, counter: int, at: str, payload: str) -> dict[str, Any]:
    """An uplink as The Things Stack sends it; ``payload`` in base64, ``at`` RFC 3339."""
    return {
        "end_device_ids": {"dev_eui": name, "device_id": name.lower()},
        "correlation_ids": [f"as:up:{name}{counter}"],
        "received_at": at,
        "uplink_message": {
            "f_port": 1,
            "f_cnt": counter,
            "frm_payload": payload,
            "session_key_id": "AAAA",
            "received_at": at,
        },
    }


@dataclass
class Pipeline:
    """A vigie without processes; :meth:`turn` lets all of it happen that can."""

    settings: Settings
    wire: Wire
    hosts: list[Host[Any]]
    store: Client
    sequence: int = 0
    producer: Producer = field(init=False)

    def __post_init__(self) -> None:
        self.producer = Producer(producer_options(self.settings))

    def declare(self, *items: tuple[str, Mapping[str, Any]]) -> None:
        """Objects from the fields of their YAML."""
        self.sequence += 1
        objects = [(kind, KINDS[kind].model_validate(body)) for kind, body in items]
        declare(self.settings, self.wire, objects, self.sequence, "test")

    def post(self, key: str, body: Any, at: int, network: str = "tts") -> None:
        """Keep a request as the door does; ``at`` is its arrival, UTC microseconds."""
        record = {
            "request_id": f"{key}-{at}",
            "source": "s",
            "network": network,
            "arrival": at,
            "headers": {},
            "query": {},
            "body": json.dumps(body).encode(),
        }
        topic = UPLINKS.name(self.settings.topic_prefix)
        value = self.wire.encode("Uplink", record)
        self.producer.produce(topic, value, key.encode(), timestamp=at // 1000)
        assert self.producer.flush(20) == 0

    def tick(self, at: int) -> None:
        """A minute on every partition of uplinks."""
        send_ticks(self.producer, self.settings, self.wire, at)

    def turn(self) -> None:
        """Everything that was sent is decoded, then everything decoded is judged."""
        for host in self.hosts:
            for partition in range(host.handler.topic.count(self.settings)):
                host.process(partition, self.delivered(host, partition))

    def delivered(self, host: Host[Any], partition: int) -> list[Record]:
        """What a partition holds beyond the host's position."""
        lane = host.lanes.get(partition)
        start = lane.position + 1 if lane else 0
        name = host.handler.topic.name(self.settings.topic_prefix)
        end = high_watermarks(self.settings, name)[partition]
        reader = RangeReader(self.settings, name)
        try:
            return reader.between(partition, start, end) if start < end else []
        finally:
            reader.close()

    def records(self, topic: Topic) -> Iterator[Record]:
        """All that a topic still has."""
        name = topic.name(self.settings.topic_prefix)
        reader = RangeReader(self.settings, name)
        for partition, end in high_watermarks(self.settings, name).items():
            start = 0
            while found := reader.between(partition, start, end) if start < end else []:
                yield from found
                start = found[-1].offset + 1
        reader.close()

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """What the store answers."""
        return [tuple(row) for row in self.store.query(sql).result_rows]


@contextmanager
def pipeline(
    settings: Settings, items: Iterable[tuple[str, Mapping[str, Any]]], alerts: bool = False
) -> Iterator[Pipeline]:
    """A pipeline with an inventory and a sink that runs until the block ends; ``alerts``: with
    those of its devices."""
    migrations.apply(settings)
    wire = schema_registry.connect(settings)
    with ExitStack() as stack:
        follower = Follower(settings, wire).start()
        stack.callback(follower.close)
        run = stack.enter_context(sandbox(settings))
        horizon = settings.horizon_hours * 3_600_000_000
        handlers: list[Handler[Any]] = [
            decode(wire, follower.declarations, NETWORKS, run),
            observe(wire, follower.declarations, horizon, settings.partitions),
        ]
        if alerts:
            handlers.append(watch(wire, follower.declarations, settings.partitions))
        hosts: list[Host[Any]] = [Host(h, settings, lambda *_: None) for h in handlers]
        for host in hosts:
            host.assign(frozenset(range(host.handler.topic.count(settings))))
        store = connect_store(settings)
        stack.callback(store.close)
        stack.enter_context(sinking(settings))
        made = Pipeline(settings, wire, hosts, store)
        made.declare(*items)
        follower.fresh()
        yield made
