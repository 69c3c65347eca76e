"""Uplinks of The Things Stack a second through the whole handler that decodes them, with a
JavaScript codec in its sandbox; the ceiling is the same calls of the codec in one process alone.

A core-second is one of this process or of the sandbox's: they work in turns.
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime

import psutil

from connectors import networks
from connectors.simulator.formats import request
from connectors.simulator.inventory import inventory
from connectors.simulator.models import JAUGE
from connectors.simulator.plan import Plan, Post, plan
from streams.codecs.call import Call
from streams.codecs.javascript import Limits as Given
from streams.codecs.javascript import Loaded
from streams.codecs.sandbox import Limits, Sandbox
from streams.decode import decode
from streams.discover import discover
from streams.handler import Handler, Record
from streams.registry import Declarations, Registry
from streams.topics import READINGS
from streams.uplinks import Network
from streams.wire import RECORDS, Wire

SEED = 1
DEVICES = 400
BATCH = 1000
ROUNDS = 5


def _absent(schema_id: int) -> str:
    raise KeyError(schema_id)


WIRE = Wire({name: i for i, name in enumerate(RECORDS, 1)}, _absent)


def run() -> dict[str, float]:
    """``rate`` in frames a core-second, ``wall`` in frames a second; ``codec`` in calls a
    core-second through the sandbox alone, ``ceiling`` likewise without a process; ``rss_mib`` of
    both processes."""
    city = plan(SEED, datetime(2026, 9, 1, tzinfo=UTC), 1, DEVICES)
    registry = Registry()
    for kind, declared in inventory(city):
        registry = registry.having(kind, declared.id, declared)
    posts = _posts(city)
    batches = [_records(posts[i : i + BATCH]) for i in range(0, len(posts), BATCH)]
    with Sandbox(Limits(0.1, 2.0, 32 << 20, 64 << 10)) as sandbox:
        known = Declarations(lambda: registry, lambda: registry)
        handler = decode(WIRE, known, discover(networks, Network), sandbox.run)
        handler.handle(None, 0, batches[0])
        wall, cpu = _spent(sandbox, lambda: _judge(handler, batches * ROUNDS))
        calls = [_call(post) for post in posts]
        _, alone = _spent(sandbox, lambda: [sandbox.run(calls) for _ in range(ROUNDS)])
        rss = sum(psutil.Process(p).memory_info().rss for p in (None, sandbox.pid)) / 2**20
    ceiling = _ceiling(calls)
    frames = ROUNDS * len(posts)
    figures = {"rate": frames / cpu, "wall": frames / wall, "codec": frames / alone}
    return {name: round(value) for name, value in figures.items()} | {
        "ceiling": round(ceiling),
        "ratio": round(frames / cpu / ceiling, 3),
        "codec_ratio": round(frames / alone / ceiling, 3),
        "rss_mib": round(rss),
    }


def _posts(city: Plan) -> list[Post]:
    """Those of one network and one model, that its codec can read."""
    return [
        post
        for post in city.posts
        if post.frame.intact
        and post.frame.sensor.network == "tts"
        and post.frame.sensor.model is JAUGE
    ]


def _records(posts: list[Post]) -> list[Record]:
    records = []
    for offset, post in enumerate(posts):
        uplink = {
            "request_id": f"{offset:032x}",
            "source": "simulated-tts",
            "network": "tts",
            "arrival": post.arrival,
            "headers": {"content-type": "application/json"},
            "query": {},
            "body": request(SEED, post.frame).body,
        }
        message = WIRE.encode("Uplink", uplink)
        key = post.frame.sensor.eui.encode()
        records.append(Record("uplinks", 0, offset, key, message, (), post.arrival // 1000))
    return records


def _judge(handler: Handler[None], batches: list[list[Record]]) -> None:
    for batch in batches:
        effects, _ = handler.handle(None, 0, batch)
        assert [o.topic for o in effects.outputs] == [READINGS] * len(batch)  # noqa: S101


def _spent(sandbox: Sandbox, work: Callable[[], object]) -> tuple[float, float]:
    """Seconds on the wall, and seconds of CPU of both processes."""
    wall, cpu = time.perf_counter(), _cpu(sandbox)
    work()
    return time.perf_counter() - wall, _cpu(sandbox) - cpu


def _cpu(sandbox: Sandbox) -> float:
    other = psutil.Process(sandbox.pid).cpu_times()
    return time.process_time() + other.user + other.system


def _call(post: Post) -> Call:
    return Call(JAUGE.script, JAUGE.port, post.frame.payload, post.frame.observed_at)


def _ceiling(calls: list[Call]) -> float:
    loaded = Loaded(JAUGE.script, Given(0.1, 32 << 20, 64 << 10))
    start = time.process_time()
    for call in calls:
        loaded(call.port, call.payload.hex(), call.at)
    return len(calls) / (time.process_time() - start)
