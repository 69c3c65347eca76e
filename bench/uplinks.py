"""Frames a core-second from uplinks of The Things Stack through a JavaScript codec in its sandbox
and the judgement to rows of the store.

A run over uplinks decodes in one process and judges in others, so its frames are messages in
between: ``handed`` is with these written and read, ``rate`` without. The ceiling is the same calls
of the codec in one process alone. The observations of one device are compared with those that the
handler of live says.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import psutil

from bench import decode as bare
from connectors import networks
from connectors.simulator.inventory import inventory
from connectors.simulator.plan import plan
from connectors.store.tables import SCHEMAS
from streams.codecs.sandbox import Limits, Sandbox
from streams.decode import frames_again
from streams.discover import discover
from streams.garbage import collect_seldom
from streams.handler import Record
from streams.observe import observe
from streams.registry import Declarations, Registry
from streams.reprocess import arrow
from streams.reprocess.contract import Decoded, Job, Span, Task
from streams.reprocess.samples import decoded
from streams.reprocess.task import judge
from streams.uplinks import Network

DAYS, DEVICES = 10, 40
"""A task of a run is a month of a device: few devices and many days."""

HORIZON = 172_800_000_000
NETWORKS = discover(networks, Network)


def run() -> dict[str, float]:
    """``rate`` and ``handed`` in frames a core-second of both processes, ``wall`` in frames a
    second, ``ceiling`` in calls a core-second."""
    collect_seldom()
    city = plan(bare.SEED, datetime(2026, 9, 1, tzinfo=UTC), DAYS, DEVICES)
    registry = Registry().after((kind, each.id, each) for kind, each in inventory(city))
    posts = bare._posts(city)
    records = bare._records(posts)
    with Sandbox(Limits(0.1, 2.0, 32 << 20, 64 << 10)) as sandbox:
        of = _Uplinks(records, registry, sandbox)
        frames = of.frames()
        found = _rows(frames, registry)
        wall, cpu = of.spent(lambda: _rows(of.frames(), registry))
        _, handed = of.spent(lambda: _rows(_handed(of.frames()), registry))
        rss = sum(psutil.Process(p).memory_info().rss for p in (None, sandbox.pid)) / 2**20
    _as_live(frames, registry, found)
    ceiling = bare._ceiling([bare._call(post) for post in posts])
    many = bare.ROUNDS * len(posts)
    return {
        "rate": round(many / cpu),
        "handed": round(many / handed),
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

    def frames(self) -> list[Mapping[str, Any]]:
        """All frames, decoded in batches."""
        batches = (
            self.records[first : first + bare.BATCH]
            for first in range(0, len(self.records), bare.BATCH)
        )
        return [
            frame
            for batch in batches
            for frame in frames_again(
                bare.WIRE, self.registry, NETWORKS, self.sandbox.run, batch, 0
            )
        ]

    def spent(self, work: Callable[[], object]) -> tuple[float, float]:
        """Seconds on the wall, and of CPU of both processes, of all rounds."""
        return bare._spent(self.sandbox, lambda: [work() for _ in range(bare.ROUNDS)])


def _handed(frames: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Written as messages and read again."""
    messages = [bare.WIRE.encode("Frame", frame) for frame in frames]
    return [bare.WIRE.decode(message)[1] for message in messages]


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
