"""The process: it starts, follows what is declared, and ends without losing what it confirmed."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from connectors.webhook.segment import left
from embedded.ports import free_ports
from streams import topics
from streams.declare import declare
from streams.inventory import Source
from streams.kafka import high_watermarks
from streams.schema_registry import connect
from streams.settings import Settings

SECRET = "of the process test"
ENDING = 20.0


def _start(settings: Settings) -> "subprocess.Popen[bytes]":
    names = "home application topic_prefix partitions kafka_port schema_registry_port webhook_port"
    chosen = {name: str(getattr(settings, name)) for name in (*names.split(), "worker_name")}
    script = (
        "import sys, json; from connectors.webhook import server;"
        "from streams.settings import Settings;"
        "server.main(Settings.model_validate(json.loads(sys.argv[1])))"
    )
    environment = {"VIGIE_SECRET_PROCESS": SECRET, "PYTHONPATH": "."}
    return subprocess.Popen([sys.executable, "-c", script, json.dumps(chosen)], env=environment)


def _until_open(url: str) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            assert httpx.get(url + "/healthz").json()["sources"] == 1
            return
        except (httpx.TransportError, AssertionError):
            assert time.monotonic() < deadline, "the webhook does not open"
            time.sleep(0.1)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_what_is_confirmed_is_on_kafka_and_the_end_is_clean(
    apart: Callable[..., Settings], number: signal.Signals
) -> None:
    name = f"process-{number.name}"
    port = free_ports()["webhook_port"]
    settings = apart(webhook_port=port, partitions=2, worker_name=name)
    source = Source(id="tts", network="tts", secret=("PROCESS",))
    url = f"http://127.0.0.1:{settings.webhook_port}"
    confirmed: list[int] = []

    def flood(_: int) -> None:
        with httpx.Client(headers={"X-Vigie-Secret": SECRET}) as client:
            while True:
                try:
                    answer = client.post(url + "/v1/tts", content=b"{}")
                except httpx.TransportError:
                    return
                confirmed.append(answer.status_code)

    with _start(settings) as process:
        try:
            declare(settings, connect(settings), [("source", source)], 1, "test")
            _until_open(url)
            with ThreadPoolExecutor(4) as pool:
                flooding = [pool.submit(flood, n) for n in range(4)]
                time.sleep(1.0)
                process.send_signal(number)
                assert process.wait(ENDING) == 0
                for each in flooding:
                    each.result()
        finally:
            process.kill()
    assert len(confirmed) > 50
    assert set(confirmed) <= {204, 503}
    ends = high_watermarks(settings, topics.UPLINKS.name(settings.topic_prefix))
    # What Kafka was too slow for is on the disk.
    spooled = sum(segment.records for segment in left(settings.home / "data" / "spool" / name))
    assert sum(ends.values()) + spooled >= confirmed.count(204)
