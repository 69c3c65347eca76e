"""Kafka goes away under load, the webhook is killed meanwhile: nothing that was accepted is lost.

``python -m tests.chaos.outage [--seconds 60] [--rate 200]`` prints what happened. The broker is
killed for half of the time, and silent (SIGSTOP) for a quarter of it; while it is down the webhook
is killed in the middle of its work, and starts again without Kafka.
"""

import argparse
import json
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import httpx
from confluent_kafka import Consumer, TopicPartition

from embedded.home import lay_out
from embedded.kafka import kafka
from embedded.ports import free_ports
from embedded.progress import silent
from embedded.schema_registry import schema_registry
from embedded.server import Server, environment, listens
from streams.declare import declare
from streams.inventory import Source
from streams.kafka import consumer_options, create_topics
from streams.schema_registry import register
from streams.settings import Settings
from streams.topics import UPLINKS
from streams.wire import Wire
from tests.chaos.keeper import ROOT, Keeper
from tests.chaos.world import Notes

SECRET = "of an outage"
CLIENTS = 16
PATIENCE = 120.0
"""Seconds that a server has to come back and a spool to be drained."""


@dataclass
class Load:
    """What network servers sent, and what they were answered.

    ``accepted`` has for each request id the wall clock before and after, in microseconds;
    ``unanswered`` counts connections that broke.
    """

    accepted: dict[str, tuple[int, int]] = field(default_factory=dict)
    refused: list[int] = field(default_factory=list)
    unanswered: int = 0

    @contextmanager
    def on(self, url: str, rate: float) -> Iterator[None]:
        """Post ``rate`` uplinks a second for the length of the block."""
        ended = threading.Event()
        clients = [
            threading.Thread(target=self._client, args=(url, CLIENTS / rate, ended))
            for _ in range(CLIENTS)
        ]
        for client in clients:
            client.start()
        try:
            yield
        finally:
            ended.set()
            for client in clients:
                client.join()

    def _client(self, url: str, pause: float, ended: threading.Event) -> None:
        with httpx.Client(headers={"X-Vigie-Secret": SECRET}, timeout=60.0) as client:
            while not ended.wait(pause):
                before = time.time_ns() // 1000
                try:
                    answer = client.post(url, content=b"{}")
                except httpx.TransportError:
                    self.unanswered += 1
                    continue
                if answer.is_success:
                    after = time.time_ns() // 1000
                    self.accepted[answer.headers["x-request-id"]] = (before, after)
                else:
                    self.refused.append(answer.status_code)

    def latency(self, share: float) -> float:
        """Milliseconds within which that share of the accepted ones was answered."""
        took = sorted(after - before for before, after in self.accepted.values())
        return took[min(len(took) - 1, int(share * len(took)))] / 1000


@dataclass
class Outcome:
    """Of a run: the load, the arrivals on Kafka by request id, and the webhook's counts."""

    load: Load
    arrivals: dict[str, list[int]]
    counts: dict[str, float]
    notes: list[dict[str, Any]]

    @property
    def lost(self) -> set[str]:
        """Accepted, and not on Kafka."""
        return self.load.accepted.keys() - self.arrivals.keys()

    @property
    def shifted(self) -> dict[str, list[int]]:
        """Whose arrival is not the one moment between the request and its answer."""
        return {
            request_id: found
            for request_id, (before, after) in self.load.accepted.items()
            if (found := self.arrivals.get(request_id, []))
            and not (len(set(found)) == 1 and before <= found[0] <= after)
        }


def run(seconds: float, rate: float) -> Outcome:
    """One outage on servers of its own."""
    notes, load = Notes(), Load()
    with tempfile.TemporaryDirectory(prefix="vigie-outage-") as folder:
        home = Path(folder)
        lay_out(home)
        settings = Settings.model_validate({"home": home, "partitions": 4} | free_ports())
        keeper = Keeper(home / "logs", notes)
        url = f"http://127.0.0.1:{settings.webhook_port}"
        broker = kafka(settings, silent)
        try:
            wire = _started(settings, keeper, broker)
            with load.on(f"{url}/v1/outage", rate):
                _strike(keeper, broker, seconds, notes, url)
            counts = _until_drained(url)
            return Outcome(load, _on_kafka(settings, wire), counts, notes.lines)
        finally:
            keeper.close()


def _started(settings: Settings, keeper: Keeper, broker: Server) -> Wire:
    keeper.start(broker)
    keeper.start(schema_registry(settings, silent))
    keeper.await_all()
    create_topics(settings)
    wire = register(settings)
    source = Source(id="outage", network="tts", secret=("OUTAGE",))
    declare(settings, wire, [("source", source)], 1, "outage")
    keeper.start(
        Server(
            name="webhook",
            command=(sys.executable, "-m", "cli", "run", "webhook"),
            environment=environment(settings) | {"VIGIE_SECRET_OUTAGE": SECRET},
            ready=partial(listens, "127.0.0.1", settings.webhook_port),
            folder=ROOT,
        )
    )
    keeper.await_all()
    _until(lambda: (settings.home / "data" / "spool" / "1" / "last-seen.json").exists())
    return wire


def _strike(keeper: Keeper, broker: Server, seconds: float, note: Notes, url: str) -> None:
    time.sleep(1.0)
    note("broker killed")
    keeper.kill("kafka", back=False)
    time.sleep(seconds / 4)
    note("webhook killed", **_counts(url))
    keeper.kill("webhook")
    time.sleep(seconds / 4)
    _until(lambda: listens("127.0.0.1", httpx.URL(url).port or 0))
    note("broker comes back", **_counts(url))
    keeper.start(broker)
    keeper.await_all()
    _until(lambda: _counts(url)["kafka_away"] == 0)
    note("broker silent", **_counts(url))
    keeper.signal("kafka", signal.SIGSTOP)
    time.sleep(seconds / 4)
    note("broker speaks", **_counts(url))
    keeper.signal("kafka", signal.SIGCONT)
    time.sleep(seconds / 4)


def _counts(url: str) -> dict[str, float]:
    """The webhook's own metrics, without their prefix."""
    text = httpx.get(f"{url}/metrics", timeout=60.0).text
    lines = (line.split() for line in text.splitlines() if line.startswith("vigie_webhook_"))
    found = {name.removeprefix("vigie_webhook_"): float(value) for name, value in lines}
    wanted = ("kafka_away", "spooled_total", "drained_total", "refused_full_total", "spool_records")
    return {name: found[name] for name in (*wanted, "declarations_remembered")}


def _until_drained(url: str) -> dict[str, float]:
    _until(lambda: (c := _counts(url))["spool_records"] + c["kafka_away"] == 0)
    return _counts(url)


def _until(true: Any) -> None:
    deadline = time.monotonic() + PATIENCE
    while not true():
        if time.monotonic() > deadline:
            raise TimeoutError("the moment did not come")
        time.sleep(0.1)


def _on_kafka(settings: Settings, wire: Wire) -> dict[str, list[int]]:
    topic = UPLINKS.name(settings.topic_prefix)
    consumer = Consumer(consumer_options(settings, "outage", enable_partition_eof=True))
    consumer.assign([TopicPartition(topic, p, 0) for p in range(settings.partitions)])
    arrivals: dict[str, list[int]] = {}
    ends = 0
    while ends < settings.partitions:
        message = consumer.poll(15.0)
        if message.error():
            ends += 1
            continue
        _, record = wire.decode(message.value())
        arrivals.setdefault(record["request_id"], []).append(record["arrival"])
    consumer.close()
    return arrivals


def main() -> None:
    """Run once and print figures as JSON."""
    parser = argparse.ArgumentParser(prog="outage")
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--rate", type=float, default=200.0)
    asked = parser.parse_args()
    outcome = run(asked.seconds, asked.rate)
    load = outcome.load
    copies = sum(map(len, outcome.arrivals.values())) - len(outcome.arrivals)
    figures = {
        "accepted": len(load.accepted),
        "refused": len(load.refused),
        "unanswered": load.unanswered,
        "lost": len(outcome.lost),
        "shifted": len(outcome.shifted),
        "copies": copies,
        "p50_ms": load.latency(0.5),
        "p99_ms": load.latency(0.99),
        "max_ms": load.latency(1.0),
        **outcome.counts,
    }
    for line in (*outcome.notes, figures):
        sys.stdout.write(json.dumps(line) + "\n")


if __name__ == "__main__":
    main()
