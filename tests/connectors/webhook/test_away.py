"""A door whose Kafka says nothing."""

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from connectors.webhook.append import Appender
from connectors.webhook.frames import Spooled
from connectors.webhook.keeping import Keeping
from connectors.webhook.meters import meters
from connectors.webhook.spool import opened
from streams.settings import Settings
from streams.wire import Wire
from tests.connectors.webhook.served import BODY, NOW, served, until


@contextmanager
def without_kafka(settings: Settings, **other: Any) -> Iterator[Settings]:
    """Settings whose Kafka accepts connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        url = f"127.0.0.1:{nobody.getsockname()[1]}"
        yield settings.model_copy(update={"kafka_url": url, "spool_after": 0.2, **other})


def test_without_kafka_an_uplink_waits_on_the_disk(
    servers: Settings, wire: Wire, tmp_path: Path
) -> None:
    with without_kafka(servers) as away, served(away, wire, folder=tmp_path) as running:
        ids = [running.post("/v1/ttn").headers["x-request-id"] for _ in range(3)]
        metrics = httpx.get(running.url + "/metrics").text
        assert "vigie_webhook_kafka_away 1.0" in metrics
        assert "vigie_webhook_spooled_total 3.0" in metrics
    with served(servers, wire, folder=tmp_path) as running:
        until(lambda: "vigie_webhook_drained_total 3.0" in httpx.get(running.url + "/metrics").text)
        for request_id in ids:
            message, record = running.kept(request_id)
            assert (record["arrival"], message.timestamp()[1]) == (NOW, NOW // 1000)
            assert (record["body"], message.key()) == (BODY, b"0004A30B001C0530")
    assert list(tmp_path.glob("*.segment")) == []


def test_only_a_full_spool_is_a_503(servers: Settings, wire: Wire, tmp_path: Path) -> None:
    with (
        without_kafka(servers, spool_max=1000) as away,
        served(away, wire, folder=tmp_path) as running,
    ):
        statuses = [(answer := running.post("/v1/ttn")).status_code for _ in range(6)]
        assert statuses == sorted(statuses)
        assert set(statuses) == {204, 503}
        assert int(answer.headers["retry-after"]) > 0
        full = f"vigie_webhook_refused_full_total {float(statuses.count(503))}"
        assert full in httpx.get(running.url + "/metrics").text


def test_when_many_wait_for_kafka_the_next_need_not(servers: Settings, tmp_path: Path) -> None:
    record = Spooled(b"device", b"value", NOW // 1000)

    async def run(settings: Settings) -> None:
        async with opened(tmp_path, 1 << 20, 0) as spool, Appender(settings, "any") as appender:
            keeping = Keeping(appender.append, spool, 60.0, 2, meters().spool)
            tasks = [asyncio.create_task(spool.write())]
            tasks += [asyncio.create_task(keeping.keep(record)) for _ in range(2)]
            await asyncio.sleep(0)
            await keeping.keep(record)
            assert (spool.records, keeping.away) == (1, False)
            assert [task.done() for task in tasks] == [False] * 3
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)
            assert keeping.waiting == 0

    with without_kafka(servers) as away:
        asyncio.run(run(away))
