"""The product's pure core, driven without a server: frames in, the rows that it said last out."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from streams import topics
from streams.handler import Handler, Output, Record
from streams.inventory import KINDS, Declared
from streams.observe import observe
from streams.registry import Declarations, Registry
from streams.wire import RECORDS, Wire
from tests.oracle.declared import Frame

Rows = dict[tuple[Any, ...], dict[str, Any]]

WIRE = Wire({name: i for i, name in enumerate(RECORDS, 1)}, lambda _: "")
_KEYS = {
    "Observation": ("device", "property", "channel", "observed_at"),
    "Window": ("device", "property", "channel", "start", "duration"),
}


def registry(objects: Iterable[tuple[str, Declared]]) -> Registry:
    """A snapshot of what is declared."""
    found = Registry()
    for kind, declared in objects:
        found = found.having(kind, declared.id, declared)
    return found


def declared(items: Iterable[tuple[str, Mapping[str, Any]]]) -> list[tuple[str, Declared]]:
    """Objects from the fields of their YAML."""
    return [(kind, KINDS[kind].model_validate(body)) for kind, body in items]


@dataclass
class Said:
    """What came out: the rows by key with their highest revision, and what went wrong."""

    rows: dict[str, Rows] = field(default_factory=lambda: {name: {} for name in _KEYS})
    pending: set[tuple[str, int]] = field(default_factory=set)
    faults: list[str] = field(default_factory=list)
    letters: int = 0

    def take(self, outputs: Iterable[Output]) -> None:
        """Outputs in their order."""
        for output in outputs:
            if output.topic is topics.DEAD_LETTERS:
                self.letters += 1
                continue
            name, record = WIRE.decode(output.value)
            if name == "Pending":
                self.pending.add((record["device"], record["day"]))
            elif name in _KEYS:
                self.say(name, record)

    def say(self, name: str, record: dict[str, Any]) -> None:
        """A row must be said with a higher revision each time, and never twice the same."""
        key = tuple(record[k] for k in _KEYS[name])
        before = self.rows[name].get(key)
        if before is not None:
            if record["revision"] <= before["revision"]:
                self.faults.append(f"{name} {key}: revision {record['revision']} came again")
            if {**record, "revision": 0} == {**before, "revision": 0}:
                self.faults.append(f"{name} {key}: said again without a change")
        self.rows[name][key] = record

    def current(self, name: str) -> Rows:
        """Without what was withdrawn."""
        return {key: row for key, row in self.rows[name].items() if not row["is_deleted"]}


class Core:
    """One partition of ``observe``; its state can be lost and read back like a worker's."""

    def __init__(self, snapshot: Registry, horizon: int) -> None:
        self.registry = snapshot
        declarations = Declarations(lambda: self.registry, lambda: self.registry)
        self.handler: Handler[Any] = observe(WIRE, declarations, horizon)
        self.state = self.handler.empty()
        self.stored: dict[bytes, bytes] = {}
        self.clock = 0
        self.said = Said()

    def run(self, records: Sequence[Record]) -> None:
        """A batch, wholly."""
        effects, self.clock = self.handler.handle(self.state, self.clock, records)
        for key, value in effects.state.items():
            if value is None:
                self.stored.pop(key, None)
            else:
                self.stored[key] = value
        self.said.take(effects.outputs)

    def restart(self) -> None:
        """Another worker takes over: what was stored is all that is left."""
        self.state = self.handler.empty()
        for key, value in self.stored.items():
            self.handler.restore(self.state, key, value)


def record(frame: Frame, offset: int = 0) -> Record:
    """A frame as decode writes it."""
    measures = [
        {
            "property": m.property,
            "channel": m.channel,
            "observed_at": m.observed_at,
            "value": m.value,
            "unit": "",
        }
        for m in frame.measures
    ]
    content = {
        "frame_id": frame.frame_id,
        "device": frame.device,
        "source": "s",
        "network": "n",
        "request_id": "",
        "observed_at": frame.observed_at,
        "arrival": frame.arrival,
        "decode_version": frame.decode_version,
        "codec": "c",
        "codec_hash": 1,
        "counter": None,
        "session": None,
        "port": None,
        "radio": None,
        "measures": measures,
    }
    return Record("readings", 0, offset, frame.device.encode(), WIRE.encode("Frame", content))


def tick(at: int) -> Record:
    """A minute on this partition."""
    return Record("readings", 0, 0, None, WIRE.encode("Tick", {"at": at}))
