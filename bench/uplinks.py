"""Frames a core-second from uplinks of The Things Stack through a JavaScript codec in its sandbox
and the judgement to rows of the store, as a run over uplinks makes them.

The ceiling is the same calls of the codec in one process alone. The observations of one device are
compared with those that the handler of live says.
"""

import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import psutil

from bench import decode as bare
from connectors import networks
from connectors.simulator.inventory import inventory
from connectors.simulator.plan import plan
from connectors.store.tables import SCHEMAS
from streams.codecs.sandbox import Limits, Sandbox
from streams.decode import decode
from streams.discover import discover
from streams.handler import Record
from streams.observe import observe
from streams.registry import Declarations, Registry
from streams.reprocess import arrow
from streams.reprocess.contract import Decoded, Job, Span, Task
from streams.reprocess.samples import decoded
from streams.reprocess.task import judge
from streams.uplinks import Network

HORIZON = 172_800_000_000


def run() -> dict[str, float]:
    """``rate`` in frames a core-second of both processes, ``ceiling`` in calls a core-second."""
    city = plan(bare.SEED, datetime(2026, 9, 1, tzinfo=UTC), 1, bare.DEVICES)
    registry = Registry().after((kind, each.id, each) for kind, each in inventory(city))
    posts = bare._posts(city)
    records = bare._records(posts)
    with Sandbox(Limits(0.1, 2.0, 32 << 20, 64 << 10)) as sandbox:
        known = Declarations(lambda: registry, lambda: registry)
        handler = decode(bare.WIRE, known, discover(networks, Network), sandbox.run)
        handler.handle(None, 0, records[: bare.BATCH])
        wall, cpu = time.perf_counter(), bare._cpu(sandbox)
        for _ in range(bare.ROUNDS):
            frames = []
            for first in range(0, len(records), bare.BATCH):
                effects, _ = handler.handle(None, 0, records[first : first + bare.BATCH])
                frames += [bare.WIRE.decode(out.value)[1] for out in effects.outputs]
            found = _rows(frames, registry)
        wall, cpu = time.perf_counter() - wall, bare._cpu(sandbox) - cpu
        rss = sum(psutil.Process(p).memory_info().rss for p in (None, sandbox.pid)) / 2**20
    _as_live(frames, registry, found)
    ceiling = bare._ceiling([bare._call(post) for post in posts])
    many = bare.ROUNDS * len(posts)
    return {
        "rate": round(many / cpu),
        "wall": round(many / wall),
        "ceiling": round(ceiling),
        "ratio": round(many / cpu / ceiling, 3),
        "rss_mib": round(rss),
    }


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
    effects, _ = handler.handle(handler.empty(), 0, own)
    said = (bare.WIRE.decode(output.value) for output in effects.outputs)
    live = {
        (row["property"], row["channel"], row["observed_at"]): (row["value"], row["flag"])
        for name, row in said
        if name == "Observation"
    }
    rows = found["observations"]
    at = arrow.whole(rows["observed_at"]).tolist()
    mine = {
        (row["property"], row["channel"], instant): (row["value"], row["flag"])
        for row, instant in zip(rows.drop_columns(["observed_at"]).to_pylist(), at, strict=True)
        if row["device"] == device
    }
    assert mine == live, (mine, live)  # noqa: S101
