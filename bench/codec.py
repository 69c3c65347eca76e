"""Frames a second through the codec sandbox; the ceiling is the same call without a process."""

import time

import psutil

from streams.codecs.call import Call
from streams.codecs.javascript import Limits as Given
from streams.codecs.javascript import Loaded
from streams.codecs.sandbox import Limits, Sandbox

BATCH = 1000
BATCHES = 30
SCRIPT = """
function decodeUplink(input) {
  var b = input.bytes;
  return { data: {
    distance: (b[1] << 8) | b[2], fill_level: ((b[3] << 8) | b[4]) / 10, battery: b[5] * 0.02,
  } };
}
"""
PAYLOAD = bytes.fromhex("0105dc01f4b414")


def run() -> dict[str, float]:
    """``rate`` and ``ceiling`` in calls a second, ``rss_mib`` of the sandbox's process."""
    calls = [Call(SCRIPT, 10, PAYLOAD, 1_780_000_000_000_000 + n) for n in range(BATCH)]
    with Sandbox(Limits(0.1, 2.0, 32 << 20, 64 << 10)) as sandbox:
        sandbox.run(calls)
        start = time.perf_counter()
        for _ in range(BATCHES):
            assert all(o.reason is None for o in sandbox.run(calls))  # noqa: S101
        rate = BATCH * BATCHES / (time.perf_counter() - start)
        rss = psutil.Process(sandbox.pid).memory_info().rss / 2**20
    loaded = Loaded(SCRIPT, Given(0.1, 32 << 20, 64 << 10))
    start = time.perf_counter()
    for call in calls:
        loaded(call.port, call.payload.hex(), call.at)
    ceiling = BATCH / (time.perf_counter() - start)
    figures = {"rate": rate, "ceiling": ceiling, "ratio": rate / ceiling, "rss_mib": rss}
    return {name: round(value, 3) for name, value in figures.items()}
