"""Frames a core-second from uplinks of The Things Stack through a JavaScript codec in its sandbox
and the judgement to rows of the store.

As a run does it: one process decodes and fills the spool, others read it and judge. Kafka and
ClickHouse are not in it. ``together`` is what it would be if frames were judged where they were
decoded. The ceiling is the same calls of the codec in one process alone. The observations of one
device are compared with those that the handler of live says.
"""

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil

from bench import decode as bare
from connectors import networks
from connectors.reprocess import spool
from connectors.reprocess.opening import as_known
from connectors.reprocess.reading import Decoding, again
from connectors.reprocess.spool import Placed
from connectors.simulator.inventory import inventory
from connectors.simulator.plan import plan
from connectors.store.tables import SCHEMAS
from streams.codecs.sandbox import Limits, Sandbox
from streams.discover import discover
from streams.garbage import collect_seldom
from streams.handler import Record
from streams.observe import observe
from streams.registry import Declarations, Registry
from streams.reprocess import arrow
from streams.reprocess.contract import Decoded, Job, Span, Task
from streams.reprocess.ranges import EARLIEST, LATEST
from streams.reprocess.samples import decoded
from streams.reprocess.task import judge
from streams.uplinks import Network

DAYS, DEVICES = 10, 40
"""A task of a run is a month of a device: few devices and many days."""

HORIZON = 172_800_000_000
NETWORKS = discover(networks, Network)
LIMITS = Limits(0.1, 2.0, 32 << 20, 64 << 10)


def run() -> dict[str, float]:
    """``rate`` and ``together`` in frames a core-second of both processes, ``wall`` in frames a
    second, ``ceiling`` in calls a core-second."""
    collect_seldom()
    city = plan(bare.SEED, datetime(2026, 9, 1, tzinfo=UTC), DAYS, DEVICES)
    registry = Registry().after((kind, each.id, each) for kind, each in inventory(city))
    posts = bare._posts(city)
    records = bare._records(posts)
    with tempfile.TemporaryDirectory() as folder, Sandbox(LIMITS) as sandbox:
        of = _Uplinks(records, registry, sandbox, Path(folder) / "frames")
        frames = of.handed()
        found = _rows(frames, registry)
        wall, cpu = of.spent(lambda: _rows(of.handed(), registry))
        _, together = of.spent(lambda: _rows([frame for *_, frame in of.placed()], registry))
        rss = sum(psutil.Process(p).memory_info().rss for p in (None, sandbox.pid)) / 2**20
    _as_live(frames, registry, found)
    ceiling = bare._ceiling([bare._call(post) for post in posts])
    many = bare.ROUNDS * len(posts)
    return {
        "rate": round(many / cpu),
        "together": round(many / together),
        "wall": round(many / wall),
        "ceiling": round(ceiling),
        "ratio": round(many / cpu / ceiling, 3),
        "rss_mib": round(rss),
    }


@dataclass(frozen=True)
class _Uplinks:
    records: Sequence[Record]
    registry: Registry
    sandbox: Sandbox
    path: Path

    def placed(self) -> Iterator[Placed]:
        """All frames."""
        devices = self.registry.all("device")
        wanted = {device: [(EARLIEST, LATEST)] for device in devices}
        how = Decoding(self.registry, NETWORKS, self.sandbox.run, 0, LATEST, lambda *_: None)
        return again(bare.WIRE, self.records, wanted, how)

    def handed(self) -> list[Mapping[str, Any]]:
        """All frames, through the spool."""
        spool.fill(self.path, self.placed())
        whole = spool.between(self.path, list(self.registry.all("device")), (EARLIEST, LATEST))
        return list(as_known(whole, {}, 0))

    def spent(self, work: Callable[[], object]) -> tuple[float, float]:
        """Seconds on the wall, and of CPU of both processes, of all rounds."""
        return bare._spent(self.sandbox, lambda: [work() for _ in range(bare.ROUNDS)])


def _rows(frames: Sequence[Mapping[str, Any]], registry: Registry) -> Mapping[str, Any]:
    """The tables of all that the frames measured, which is the whole of a run."""
    devices = tuple(sorted({frame["device"] for frame in frames}))
    instants = [frame["observed_at"] for frame in frames]
    span: Span = min(instants) - HORIZON, max(instants) + HORIZON
    task = Task("uplinks", devices, span, span, selected=devices)
    samples = decoded({}, Decoded(frames), devices, registry, span)
    found = judge(task, Job(registry, 0, SCHEMAS), samples)
    return {name: arrow.table(blocks, SCHEMAS[name]) for name, blocks in found.blocks.items()}


def _as_live(
    frames: Sequence[Mapping[str, Any]], registry: Registry, found: Mapping[str, Any]
) -> None:
    device = frames[0]["device"]
    handler = observe(bare.WIRE, Declarations(lambda: registry, lambda: registry), HORIZON)
    own = [
        Record("readings", 0, 0, device.encode(), bare.WIRE.encode("Frame", frame))
        for frame in frames
        if frame["device"] == device
    ]
    state, clock, live = handler.empty(), 0, {}
    for first in range(0, len(own), 96):
        effects, clock = handler.handle(state, clock, own[first : first + 96])
        for name, row in (bare.WIRE.decode(output.value) for output in effects.outputs):
            if name == "Observation":
                key = row["property"], row["channel"], row["observed_at"]
                live[key] = row["value"], row["flag"]
    rows = found["observations"]
    at = arrow.whole(rows["observed_at"]).tolist()
    mine = {
        (row["property"], row["channel"], instant): (row["value"], row["flag"])
        for row, instant in zip(rows.drop_columns(["observed_at"]).to_pylist(), at, strict=True)
        if row["device"] == device
    }
    assert mine == live, (mine, live)  # noqa: S101
