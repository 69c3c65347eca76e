"""A door on a real Kafka, over real HTTP, for the length of a block."""

import asyncio
import json
import socket
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from confluent_kafka import Consumer, TopicPartition

from connectors import networks
from connectors.admission import SecretOf
from connectors.webhook.append import Appender
from connectors.webhook.arrivals import Arrivals
from connectors.webhook.door import Door, Uplinks
from connectors.webhook.drain import Drain
from connectors.webhook.gate import Gate
from connectors.webhook.keeping import Keeping
from connectors.webhook.meters import meters
from connectors.webhook.server import beside, listening, server
from connectors.webhook.spool import opened
from streams import topics
from streams.discover import discover
from streams.inventory import Source
from streams.kafka import consumer_options, high_watermarks
from streams.registry import Registry
from streams.settings import Settings
from streams.uplinks import Network
from streams.wire import Wire
from tests.connectors.signed import SIGNED

SECRET = {"X-Vigie-Secret": "open sesame"}

SOURCES = (
    Source(id="ttn", network="tts", secret=("DOOR",)),
    Source(id="metropole", network="chirpstack", secret=("DOOR",)),
    Source(id="simulated", network="chirpstack", secret=("DOOR",), simulated=True),
    Source(id="unprepared", network="tts", secret=("NOBODY_HAS_SET_IT",)),
    Source(id="future", network="not-yet", secret=("DOOR",)),
    Source(id="rotated", network="tts", secret=("DOOR_BEFORE", "DOOR")),
    Source(id="signed", network="signed", secret=("DOOR",)),
    Source(id="files", network="tts"),
)

UPLINK: dict[str, Any] = {
    "end_device_ids": {"dev_eui": "0004A30B001C0530"},
    "received_at": "2026-02-12T15:15:50.126856789Z",
    "uplink_message": {"session_key_id": "AAAA", "f_cnt": 1, "frm_payload": "AQI="},
}

BODY = json.dumps(UPLINK).encode()

NOW = 1_791_000_000_123_456


@dataclass(frozen=True)
class Served:
    """A door that is open, and what lies behind it."""

    url: str
    port: int
    settings: Settings
    wire: Wire

    def post(self, path: str, content: Any = BODY, **headers: str) -> httpx.Response:
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        sent = httpx.Headers({"content-type": "application/json"} | SECRET)
        sent.update(given)
        return httpx.post(self.url + path, content=content, headers=sent, timeout=20.0)

    @property
    def ends(self) -> dict[int, int]:
        return high_watermarks(self.settings, topics.UPLINKS.name(self.settings.topic_prefix))

    def kept(self, request_id: str) -> tuple[Any, dict[str, Any]]:
        """The message of a request and its record."""
        topic = topics.UPLINKS.name(self.settings.topic_prefix)
        consumer = Consumer(consumer_options(self.settings, "door-tests"))
        consumer.assign([TopicPartition(topic, p, 0) for p in range(self.settings.partitions)])
        try:
            for _ in range(sum(self.ends.values())):
                message = consumer.poll(10.0)
                _, record = self.wire.decode(message.value())
                if record.get("request_id") == request_id:
                    return message, record
        finally:
            consumer.close()
        raise AssertionError(f"{request_id} is not on {topic}")


@contextmanager
def served(
    settings: Settings,
    wire: Wire,
    secret_of: SecretOf | None = None,
    sources: Iterable[Source] = SOURCES,
    folder: Path | None = None,
) -> Iterator[Served]:
    """A door in a thread, on a free port."""
    registry = Registry()
    for source in sources:
        registry = registry.having("source", source.id, source)
    listener = listening(settings.model_copy(update={"webhook_port": 0}))
    started: list[Any] = []
    folder = folder or settings.home / "data" / "spool" / f"test-{time.time_ns()}"

    async def run() -> None:
        async with (
            opened(folder, settings.spool_max, settings.spool_reserve) as spool,
            Appender(settings, topics.UPLINKS.name(settings.topic_prefix)) as appender,
        ):
            counted = meters()
            keeping = Keeping(appender.append, spool, settings.spool_after, 256, counted.spool)
            simulated = settings.clock == "simulated"
            door = Door(
                settings=settings,
                registry=lambda: registry,
                networks={**discover(networks, Network), "signed": SIGNED},
                gate=Gate(secret_of or {"DOOR": SECRET["X-Vigie-Secret"]}.get),
                arrivals=Arrivals(lambda: NOW, simulated, counted.arrivals_ignored),
                uplinks=Uplinks(lambda r: wire.encode("Uplink", r), keeping.keep),
                new_id=iter(f"request-{time.time_ns()}-{n}" for n in range(10_000)).__next__,
                meters=counted,
            )
            serving = server(settings, door)
            started.append(serving)
            drain = Drain(keeping, settings.produce_timeout, pause=0.05)
            async with beside(serving, spool.write(), drain.run()):
                await serving.serve(sockets=[listener])

    port = listener.getsockname()[1]
    thread = threading.Thread(target=asyncio.run, args=(run(),))
    thread.start()
    try:
        yield Served(f"http://127.0.0.1:{port}", port, settings, wire)
    finally:
        started[0].should_exit = True
        thread.join(30)
        listener.close()
        assert not thread.is_alive()


def until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def talk(port: int, parts: list[bytes], pause: float) -> tuple[bytes, float]:
    """What a slow client hears, and after how many seconds the door hangs up."""
    start = time.monotonic()
    heard = b""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as client:
        client.settimeout(pause)
        for part in parts:
            try:
                client.sendall(part)
                heard += (said := client.recv(4096))
                if not said:
                    break
            except TimeoutError:
                continue
            except OSError:
                break
        client.settimeout(10)
        while said := client.recv(4096):
            heard += said
    return heard, time.monotonic() - start
