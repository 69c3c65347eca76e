"""A replay that is killed goes on where it was, and sends every uplink byte for byte."""

import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from subprocess import Popen

from confluent_kafka import Producer

from connectors.replay.feed import Feed
from connectors.replay.position import Period, Position, read, write
from connectors.replay.uplinks import Uplinks
from embedded.server import environment
from streams.duration import MINUTE
from streams.handler import Record
from streams.kafka import high_watermarks, producer_options
from streams.schema_registry import connect
from streams.settings import Settings
from streams.ticks import send_ticks
from streams.topic_reader import RangeReader
from streams.topics import UPLINKS

START = 1_767_571_200_000_000
HOURS = 4
END = START + HOURS * 60 * MINUTE
CHILD = """
import sys
from pathlib import Path
from tests.connectors.replay.test_feed import fed
from streams.settings import Settings
live = Settings()
fed(live, live.model_copy(update={"topic_prefix": sys.argv[1]}), Path(sys.argv[2]), 3600.0)
"""


def fed(live: Settings, target: Settings, home: Path, speed: float | None) -> Position:
    wire = connect(live)
    position = read(home)
    assert position is not None
    feed = Feed(target, wire, Uplinks(live, wire), lambda at: write(home, at))
    return feed.run(position, speed, lambda _: None)


def told(settings: Settings) -> list[Record]:
    name = UPLINKS.name(settings.topic_prefix)
    reader, found = RangeReader(settings, name), []
    for partition, last in high_watermarks(settings, name).items():
        start = 0
        while start < last and (some := reader.between(partition, start, last)):
            found += some
            start = some[-1].offset + 1
    reader.close()
    return found


def test_killed_in_between_it_ends_with_the_same(
    apart: Callable[..., Settings], tmp_path: Path
) -> None:
    live, target = apart(partitions=2), apart(partitions=2)
    wire = connect(live)
    producer, name = Producer(producer_options(live)), UPLINKS.name(live.topic_prefix)
    for minute in range(-60, 60 * HOURS + 60):
        at = START + minute * MINUTE + 7_000_000
        late = 0 if minute % 50 else 10 * MINUTE  # younger ones lay there first
        record = {"request_id": str(minute), "source": "s", "network": "tts"}
        record |= {"arrival": at - late, "headers": {}, "query": {}, "body": b"%d" % minute}
        value, key = wire.encode("Uplink", record), f"device{minute % 5}".encode()
        producer.produce(name, value, key, timestamp=(at - late) // 1000)
    assert producer.flush(20) == 0
    send_ticks(producer, live, wire, START)

    look = Uplinks(live, wire).look(START, END, lambda _: None)
    period = Period(START, END, START, END)
    begun = Position(period, "", "feeding", look.bounds, minute=START, uplinks=look.uplinks)
    write(tmp_path, begun)
    child = Popen(
        [sys.executable, "-c", CHILD, target.topic_prefix, str(tmp_path)],
        env=dict(os.environ) | environment(live),
    )
    while ((now := read(tmp_path)) is None or now.sent < 20) and child.poll() is None:
        time.sleep(0.02)
    child.send_signal(signal.SIGKILL)
    assert child.wait() == -signal.SIGKILL
    assert 20 <= (now.sent if now else 0) < look.uplinks

    after = fed(live, target, tmp_path, None)
    assert (after.minute, after.sent) == (END, look.uplinks)
    mine, theirs = told(live), told(target)
    uplinks = {r.value for r in mine if START <= r.timestamp * 1000 < END}
    ticks = {wire.encode("Tick", {"at": m}) for m in range(START + MINUTE, END + 1, MINUTE)}
    assert {r.value for r in theirs} == (uplinks - {wire.encode("Tick", {"at": START})}) | ticks
    at = {r.value: (r.partition, r.key, r.timestamp) for r in mine}
    sent = [r for r in theirs if r.value not in ticks]
    assert all(at[r.value] == (r.partition, r.key, r.timestamp) for r in sent)

    again = Uplinks(target, wire).look(START, END, lambda _: None)
    assert again.uplinks == 0, "a copy is not taken for an uplink of its own"
