"""Uplinks a second through one webhook process and Kafka; the ceiling is an empty handler.

Boots the embedded servers in a scratch home. The client runs on the same machine, so both figures
contain its cost.
"""

import asyncio
import json
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil

from cli import world
from embedded.home import lay_out, with_password
from embedded.ports import free_ports
from embedded.process import running
from embedded.progress import silent
from streams.declare import declare
from streams.inventory import Source
from streams.kafka import create_topics
from streams.schema_registry import register
from streams.settings import Settings

SECONDS = 5.0
CONNECTIONS = 32
SECRET = "bench"  # noqa: S105
_BARE = """
import sys, uvicorn
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route
async def keep(request):
    await request.body()
    return Response(status_code=204)
app = Starlette(routes=[Route("/v1/{source}", keep, methods=["POST"])])
uvicorn.run(app, port=int(sys.argv[1]), access_log=False, log_level="warning")
"""
_DOOR = """
import sys, json
from connectors import webhook
from streams.settings import Settings
webhook.main(Settings.model_validate(json.loads(sys.argv[1])))
"""


def _request() -> bytes:
    body = {
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
    content = json.dumps(body).encode()
    head = (
        "POST /v1/bench HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        f"X-Vigie-Secret: {SECRET}\r\nContent-Length: {len(content)}\r\n\r\n"
    )
    return head.encode() + content


async def _rate(port: int) -> float:
    """Answers 204 a second over connections that are kept."""
    request, done = _request(), 0
    end = time.perf_counter() + SECONDS

    async def talk() -> None:
        nonlocal done
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        while time.perf_counter() < end:
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            if not head.startswith(b"HTTP/1.1 204"):
                raise RuntimeError(head.decode("latin-1"))
            done += 1
        writer.close()

    await asyncio.gather(*(talk() for _ in range(CONNECTIONS)))
    return done / SECONDS


def _measured(script: str, argument: str, port: int) -> tuple[float, float, float]:
    """Rate, microseconds of CPU an uplink, and MiB of the process at its end."""
    environment = {"VIGIE_SECRET_BENCH": SECRET, "PYTHONPATH": str(Path.cwd())}
    command = [sys.executable, "-c", script, argument]
    with subprocess.Popen(command, env=environment, stdout=sys.stderr) as process:
        try:
            asyncio.run(_open(port))
            busy = psutil.Process(process.pid)
            before = sum(busy.cpu_times()[:2])
            rate = asyncio.run(_rate(port))
            spent = sum(busy.cpu_times()[:2]) - before
            return rate, 1e6 * spent / (rate * SECONDS), busy.memory_info().rss / 2**20
        finally:
            process.terminate()


async def _open(port: int) -> None:
    for _ in range(600):
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.1)
        else:
            writer.close()
            return
    raise TimeoutError(f"nothing opens port {port}")


def run() -> dict[str, float]:
    """``rate`` and ``ceiling`` in uplinks a second, ``cpu_us`` of one uplink, ``rss_mib``.

    On a machine that others share the rate says little; 1e6 / ``cpu_us`` is what a core of its
    own would do.
    """
    with TemporaryDirectory() as folder, ExitStack() as stack:
        home = Path(folder)
        lay_out(home)
        chosen = {"home": home, "clickhouse_url": "http://not-needed", **free_ports()}
        settings = with_password(Settings.model_validate(chosen), make=True)
        for started in reversed(world.servers(settings, silent)):
            stack.enter_context(running(started, home / "logs"))
        create_topics(settings)
        source = Source(id="bench", network="tts", secret=("BENCH",))
        declare(settings, register(settings), [("source", source)], 1, "bench")
        argument = json.dumps({name: str(value) for name, value in chosen.items()})
        rate, cpu, rss = _measured(_DOOR, argument, settings.webhook_port)
    ceiling, _, _ = _measured(_BARE, str(settings.webhook_port), settings.webhook_port)
    figures = {"rate": rate, "ceiling": ceiling, "ratio": rate / ceiling}
    figures |= {"cpu_us": cpu, "rss_mib": rss}
    return {name: round(value, 3) for name, value in figures.items()}
