"""Uplinks a second through one webhook process, and how long each waits for its answer.

The ceiling is a bare handler that appends the same bytes by the same producer and answers after
the acknowledgement. Boots the embedded servers in a scratch home; broker and client share the
machine with what is measured.
"""

import asyncio
import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psutil

from bench.http_load import Load
from connectors.webhook.server import wall
from embedded.home import lay_out
from embedded.kafka import kafka
from embedded.ports import free_ports
from embedded.process import running
from embedded.progress import silent
from embedded.schema_registry import schema_registry
from embedded.server import listens
from streams.declare import declare
from streams.inventory import Source
from streams.kafka import create_topics
from streams.schema_registry import register
from streams.settings import Settings

SECONDS = 5.0
RATE = 500.0
"""Uplinks a second at which latency is measured."""
SECRET = "bench"  # noqa: S105
_DOOR = """
import sys, json
from connectors.webhook import server
from streams.settings import Settings
server.main(Settings.model_validate(json.loads(sys.argv[1])))
"""
_UPLINK = {
    "end_device_ids": {"device_id": "d", "dev_eui": "0004A30B001C0530"},
    "received_at": "2026-02-12T15:15:50.126856789Z",
    "uplink_message": {
        "session_key_id": "AXA50tHUQUucRzQrIjzOaA==",
        "f_port": 15,
        "f_cnt": 2,
        "frm_payload": "AQIAZA==",
        "rx_metadata": [{"gateway_ids": {"gateway_id": f"g{n}"}, "rssi": -90} for n in "12"],
        "settings": {"frequency": "867300000"},
        "received_at": "2026-02-12T15:15:49.918402999Z",
    },
}
_BODY = json.dumps(_UPLINK).encode()
_HEADERS = {"host": "localhost", "content-type": "application/json"}
_REQUEST = (
    "POST /v1/bench HTTP/1.1\r\n"
    + "".join(f"{name}: {value}\r\n" for name, value in _HEADERS.items())
    + f"X-Vigie-Secret: {SECRET}\r\nContent-Length: {len(_BODY)}\r\n\r\n"
).encode() + _BODY


@contextmanager
def _serving(port: int, *command: str) -> Iterator[psutil.Process]:
    environment = {"VIGIE_SECRET_BENCH": SECRET, "PYTHONPATH": str(Path.cwd())}
    with subprocess.Popen(
        [sys.executable, *command], env=environment, stdout=sys.stderr
    ) as process:
        try:
            for _ in range(600):
                if listens("127.0.0.1", port):
                    break
                time.sleep(0.1)
            yield psutil.Process(process.pid)
        finally:
            process.terminate()


def _rate(process: psutil.Process, load: Load) -> tuple[float, float]:
    """Uplinks a second, and microseconds of CPU that one costs the process."""
    before = sum(process.cpu_times()[:2])
    start = time.perf_counter()
    rate = asyncio.run(load.rate(SECONDS))
    spent = sum(process.cpu_times()[:2]) - before
    return rate, 1e6 * spent / (rate * (time.perf_counter() - start))


def _latency(load: Load) -> dict[str, float]:
    took = asyncio.run(load.latencies(RATE, SECONDS))
    return {"p50_ms": took[len(took) // 2], "p99_ms": took[int(len(took) * 0.99)]}


def _of_spool(broker: "subprocess.Popen[bytes]", load: Load) -> dict[str, float]:
    """The same while Kafka is silent; a first second goes by until that is noticed."""
    broker.send_signal(signal.SIGSTOP)
    try:
        asyncio.run(load.rate(2.0))
        figures = {"rate": asyncio.run(load.rate(SECONDS)), **_latency(load)}
    finally:
        broker.send_signal(signal.SIGCONT)
    return {f"spool_{name}": value for name, value in figures.items()}


def run() -> dict[str, float]:
    """``rate`` and ``ceiling`` in uplinks a second, ``cpu_us`` and ``ceiling_cpu_us`` of one
    uplink, latency at 500 a second, ``rss_mib``; ``spool_…`` while Kafka is silent.

    On a machine that others share the rates say little; 1e6 / ``cpu_us`` is what a core of its
    own would do.
    """
    with TemporaryDirectory() as folder, ExitStack() as stack:
        home = Path(folder)
        lay_out(home)
        chosen: dict[str, Any] = {"home": str(home), **free_ports()}
        settings = Settings.model_validate(chosen)
        broker = stack.enter_context(running(kafka(settings, silent), home / "logs"))
        stack.enter_context(running(schema_registry(settings, silent), home / "logs"))
        create_topics(settings)
        wire = register(settings)
        source = Source(id="bench", network="tts", secret=("BENCH",))
        declare(settings, wire, [("source", source)], 1, "bench")
        record = {
            "request_id": "0" * 32,
            "source": "bench",
            "network": "tts",
            "arrival": wall(),
            "headers": _HEADERS,
            "query": {},
            "body": _BODY,
        }
        load = Load(settings.webhook_port, _REQUEST)
        argument, value = json.dumps(chosen), wire.encode("Uplink", record).hex()
        with _serving(load.port, "-m", "bench._webhook_bare", argument, value) as bare:
            ceiling, least = _rate(bare, load)
        with _serving(load.port, "-c", _DOOR, argument) as door:
            rate, cpu = _rate(door, load)
            figures = {"rate": rate, "ceiling": ceiling, "ratio": rate / ceiling}
            figures |= {"cpu_us": cpu, "ceiling_cpu_us": least, **_latency(load)}
            figures |= {"rss_mib": door.memory_info().rss / 2**20, **_of_spool(broker, load)}
    return {name: round(value, 3) for name, value in figures.items()}
