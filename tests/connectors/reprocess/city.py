"""A small city: uplinks decoded and judged as a worker does it, stored as the sink does it."""

import json
from base64 import b64encode
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from clickhouse_connect.driver.client import Client

import connectors.networks
from connectors.reprocess.days import sender
from connectors.rfc3339 import text
from connectors.store.restating import KEYS, stored
from connectors.store.rows import Message, rows
from streams import topics
from streams.codecs.sandbox import sandbox
from streams.decode import frames_again
from streams.discover import discover
from streams.duration import DAY, HOUR, MINUTE
from streams.handler import Output, Record
from streams.observe import observe
from streams.registry import Declarations, Registry
from streams.settings import Settings
from streams.uplinks import Network
from streams.wire import Wire

START = 1_772_323_200_000_000
"""2026-03-01T00:00:00Z."""

DEVICES = ("70B3D57ED0000001", "70B3D57ED0000002")
NETWORKS = discover(connectors.networks, Network)
INVENTORY = """
network: [{id: tts, name: The city's}]
source: [{id: city, network: tts, secret: CITY}]
use_case: [{id: pav, title_fr: p, title_en: p}, {id: other, title_fr: o, title_en: o}]
codec: [{id: gauge, file: gauge.js, mapping: [{path: level, property: fill_level}]}]
device:
- {id: 70B3D57ED0000001, name: a, codec: gauge, use_case: pav, nominal_period: 1800}
- {id: 70B3D57ED0000002, name: b, codec: gauge, use_case: other, nominal_period: 1800}
deployment:
- {id: a, device: 70B3D57ED0000001, site: a, commune: "13201", latitude: 43.3, longitude: 5.37}
- {id: b, device: 70B3D57ED0000002, site: b, commune: "13202", latitude: 43.4, longitude: 5.37}
calibration:
- {id: c, device: 70B3D57ED0000001, property: fill_level, kind: linear,
   params: {a: 1.0, b: SLOPE}, range: [0, 100]}
profile:
- id: fill
  property: fill_level
  tests:
    gross_range: {fail: [0, 100], suspect: [5, 60]}
    spike: {suspect: 8, fail: 30, max_gap: 7200}
    flat_line: {suspect: 7200, fail: 14400, tolerance: 0.2}
"""
SCRIPT = "function decodeUplink(input) { return { data: { level: input.bytes[0] / DIVISOR } }; }"


def inventory(folder: Path, slope: float, divisor: float = 2) -> Path:
    """The files of what is declared."""
    folder.mkdir(exist_ok=True)
    (folder / "city.yaml").write_text(INVENTORY.replace("SLOPE", str(slope)))
    (folder / "gauge.js").write_text(SCRIPT.replace("DIVISOR", str(divisor)))
    return folder


SQUARE = tuple(f"70B3D57ED000010{i}" for i in range(6))
"""Devices of one make, eleven metres from one to the next."""


def square(folder: Path) -> Path:
    """The files of a square whose devices are compared with each other."""
    head = INVENTORY.partition("device:")[0]
    devices = "".join(
        f"- {{id: {name}, name: {name}, make: m, model: n, codec: gauge, use_case: pav,"
        " nominal_period: 3600}\n"
        for name in SQUARE
    )
    places = "".join(
        f'- {{id: at-{name}, device: {name}, site: {name}, commune: "13201",'
        f" latitude: {43.3 + i / 10_000:.4f}, longitude: 5.37}}\n"
        for i, name in enumerate(SQUARE)
    )
    tests = "gross_range: {fail: [0, 100]}, neighbours: {uncertainty: 2, within: 1800, radius: 500}"
    profile = f"- {{id: fill, property: fill_level, tests: {{{tests}}}}}\n"
    folder.mkdir(exist_ok=True)
    (folder / "square.yaml").write_text(
        f"{head}device:\n{devices}deployment:\n{places}profile:\n{profile}"
    )
    (folder / "gauge.js").write_text(SCRIPT.replace("DIVISOR", "2"))
    return folder


def body(device: str, number: int, at: int, level: int) -> bytes:
    """What The Things Stack sends of an uplink."""
    message = {
        "session_key_id": "AAAA",
        "f_port": 1,
        "f_cnt": number,
        "frm_payload": b64encode(bytes([level])).decode(),
        "received_at": text(at),
    }
    ids = {"device_id": "d", "dev_eui": device}
    return json.dumps({"end_device_ids": ids, "uplink_message": message}).encode()


@dataclass(frozen=True)
class Uplink:
    """One uplink: ``level`` is its only byte."""

    device: str
    number: int
    at: int
    level: int
    arrival: int

    def content(self) -> dict[str, Any]:
        return {
            "request_id": f"{self.device}/{self.number}",
            "source": "city",
            "network": "tts",
            "arrival": self.arrival,
            "headers": {},
            "query": {},
            "body": body(self.device, self.number, self.at, self.level),
        }


def uplinks(days: int, start: int = START, period: int = 30 * MINUTE) -> Iterator[Uplink]:
    """Levels that climb, fall when emptied, jump and stand still now and then."""
    for i in range(days * DAY // period):
        for number, device in enumerate(DEVICES):
            at = start + i * period + number * 7 * MINUTE
            level = (i * 3 // 2 + 11 * number) % 140 + 5
            level += 60 if i % 97 == 5 else 0
            level = 40 if 200 <= i % 400 < 212 else level
            yield Uplink(device, i, at, level, at + 2_000_000)


@dataclass
class City:
    """Its world; ``clock`` is that of its only partition, ``devices`` whose rows are looked at."""

    settings: Settings
    wire: Wire
    client: Client
    registry: Registry = field(default_factory=Registry)
    clock: int = 0
    devices: Sequence[str] = DEVICES

    def __post_init__(self) -> None:
        declared = Declarations(lambda: self.registry, lambda: self.registry)
        horizon = self.settings.horizon_hours * HOUR
        self.handler = observe(self.wire, declared, horizon)
        self.state = self.handler.empty()
        self.offset = 0

    def decoded(self, sent: Iterable[Uplink], version: int = 0) -> list[Record]:
        """The frames of uplinks, by the real codec; ``version`` is that of a codec run."""
        records = [
            Record("uplinks", 0, i, u.device.encode(), self.wire.encode("Uplink", u.content()))
            for i, u in enumerate(sent)
        ]
        with sandbox(self.settings) as run:
            how = self.wire, self.registry, NETWORKS, run, records, version
            found, dead = frames_again(*how, lambda _: True)
        assert (len(found), dead) == (len(records), 0)
        sent = [(f["device"].encode(), self.wire.encode("Frame", f)) for f in found]
        return [Record("readings", 0, i, *message) for i, message in enumerate(sent)]

    def tick(self, at: int) -> Record:
        return Record("readings", 0, 0, None, self.wire.encode("Tick", {"at": at}))

    def judged(self, records: Sequence[Record], size: int = 400) -> list[Output]:
        """What a worker says of frames and ticks, batch after batch."""
        said: list[Output] = []
        for i in range(0, len(records), size):
            chunk = records[i : i + size]
            effects, self.clock = self.handler.handle(self.state, self.clock, chunk)
            said += effects.outputs
        return said

    def messages(self, said: Iterable[Output]) -> Iterator[Message]:
        """What the sink reads of it, but for pending days: these go by their topic."""
        kept = (topics.OBSERVATIONS, topics.WINDOWS)
        for output in said:
            if output.topic in kept:
                self.offset += 1
                yield Message(output.topic.short, 0, self.offset, output.key, output.value)

    def store(self, said: Iterable[Output]) -> None:
        """As the sink does it, and pending days onto their topic."""
        said = list(said)
        days = [(o.key or b"", o.value or b"") for o in said if o.topic is topics.PENDING]
        self.publish(topics.PENDING, ((key, value, self.clock) for key, value in days))
        batch = rows(self.messages(said), self.wire)
        assert not batch.dead
        for name, table in batch.tables.items():
            self.client.insert_arrow(name, table)

    def publish(self, topic: topics.Topic, records: Iterable[tuple[bytes, bytes, int]]) -> None:
        """Key, value and arrival onto a topic, acknowledged."""
        send, wait = sender(self.settings, topic)
        for key, value, arrival in records:
            send(key, value, arrival // 1000)
        wait()

    def publish_uplinks(self, sent: Iterable[Uplink]) -> None:
        encoded = ((u, self.wire.encode("Uplink", u.content())) for u in sent)
        self.publish(topics.UPLINKS, ((u.device.encode(), m, u.arrival) for u, m in encoded))

    def publish_frames(self, frames: Iterable[Record]) -> None:
        told = ((f.key or b"", f.value or b"") for f in frames)
        known = ((key, value, self.wire.decode(value)[1]["arrival"]) for key, value in told)
        self.publish(topics.READINGS, known)

    def rows(self, table: str = "observations") -> Any:
        """The current rows of the store by key, without their revisions."""
        found = stored(self.client, table, self.devices, (0, 40_000 * DAY)).to_pylist()
        return by_key(table, found)


def expected(city: City, said: Iterable[Output], table: str = "observations") -> Any:
    """The rows that a worker has said last, by key, without their revisions."""
    batch = rows(city.messages(said), city.wire)
    found = sorted(batch.tables[table].to_pylist(), key=lambda row: int(row["revision"]))
    return {k: r for k, r in by_key(table, found).items() if not r["is_deleted"]}


def by_key(table: str, found: Iterable[dict[str, Any]]) -> dict[tuple[Any, ...], dict[str, Any]]:
    """Rows by their key; maps have no order."""
    out = {}
    for row in found:
        plain = {k: dict(v) if k in ("tests", "states") and v else v for k, v in row.items()}
        del plain["revision"]
        out[tuple(row[k] for k in KEYS[table])] = plain
    return out
