"""What ``vigie replay`` wires together: the topic, a world, the store."""

import shutil
import time
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

from confluent_kafka import Producer

from connectors.replay import plan as planning
from connectors.replay import position as places
from connectors.replay import side as worlds
from connectors.replay.compare import Comparison, compare
from connectors.replay.feed import Feed
from connectors.replay.plan import Plan
from connectors.replay.position import Period, Position
from connectors.replay.uplinks import Found, Uplinks
from connectors.store.client import connect as connect_store
from connectors.store.frontier import settle, stored_until
from embedded import lock
from embedded.home import with_password
from embedded.progress import Progress
from streams.declare import registered
from streams.errors import Stop
from streams.kafka import producer_options
from streams.schema_registry import connect
from streams.settings import Settings
from streams.ticks import send_ticks
from streams.wire import Wire

PATIENCE = 120.0
"""Seconds without progress after which the store is taken to be stuck."""


@dataclass(frozen=True)
class Asked:
    """What an operator asks for; instants and ``margin`` in microseconds, ``speed`` None for as
    fast as it goes, ``side`` None for the live world."""

    settings: Settings
    since: int
    until: int
    margin: int
    speed: float | None
    side: str | None
    inventory: Path | None = None

    @property
    def live(self) -> Settings:
        """The live world, with what is needed to enter its store."""
        return with_password(self.settings)

    @property
    def target(self) -> Settings:
        """The world into which it goes."""
        return self.live if self.side is None else worlds.side(self.live, self.side)


def planned(asked: Asked, progress: Progress) -> Plan:
    """Look at everything, change nothing.

    Raises:
        Retry: a server does not answer.
        Stop: something speaks against it.
    """
    live, target = asked.live, asked.target
    clock = _clock(live)
    of = planning.period(asked.since, asked.until, asked.margin, clock)
    planning.check_period(of, clock)
    if asked.side is None:
        planning.check_live(of, clock, int(live.horizon.total_seconds()) * 1_000_000)
        existing = _open(places.read(_kept(live)), of)
    else:
        existing = places.read(target.home)
        planning.check_side(existing, of, digest(asked.inventory))
        of = existing.period if existing else of
    wire = connect(live)
    registry = registered(live, wire)
    found = _found(Uplinks(live, wire), existing, of, progress)
    plan = planning.planned(asked.side or planning.LIVE, of, found, registry, asked.speed)
    planning.check_disk(live, plan)
    return replace(plan, resumed=existing is not None)


def _found(uplinks: Uplinks, existing: Position | None, of: Period, progress: Progress) -> Found:
    progress("looking through the uplinks", 0, 0)
    return uplinks.look(of.first, of.end, lambda n: progress("uplinks found", n, n + 1))


def _clock(live: Settings) -> int:
    store = connect_store(live)
    try:
        return stored_until(store, live.partitions)
    finally:
        store.close()


def digest(inventory: Path | None) -> str:
    """What tells two inventories apart: all their files."""
    if inventory is None:
        return ""
    files = sorted(p for p in inventory.rglob("*") if p.is_file())
    told = sha256()
    for path in files:
        told.update(f"{path.relative_to(inventory)}\0{path.stat().st_size}\0".encode())
        told.update(path.read_bytes())
    return told.hexdigest()


def into_live(asked: Asked, plan: Plan, progress: Progress) -> tuple[int, int]:
    """Send it, wait until it is stored; how many frames of the period were known before, and are
    known now.

    Raises:
        Retry: Kafka or the store does not answer; running it again goes on.
        Stop: the store does not follow.
    """
    live, home = asked.live, _kept(asked.live)
    wire, store = connect(live), connect_store(live)
    try:
        found = _open(places.read(home), plan.period)
        if found is None:
            known = planning.frames(store, plan.period)
            found = begin(plan, Position(plan.period, known=known))
            places.write(home, found)
        feed = Feed(live, wire, Uplinks(live, wire), lambda at: places.write(home, at), ticks=False)
        found = feed.run(found, asked.speed, lambda n: progress("uplinks sent", n, plan.uplinks))
        progress("waiting for the store to meet a tick behind them", 0, 0)
        settle(live, _tick(live, wire), PATIENCE)
        places.write(home, replace(found, state="done"))
        return found.known, planning.frames(store, plan.period)
    finally:
        store.close()


def _kept(live: Settings) -> Path:
    """Where the position of a replay into the live world lies."""
    return live.home / "run" / "replay"


def _open(found: Position | None, of: Period) -> Position | None:
    """A replay of the same period that was broken off."""
    return found if found and found.state != "done" and found.period == of else None


def begin(plan: Plan, position: Position) -> Position:
    """A replay of which all is known and nothing sent."""
    bounds, first = plan.bounds, plan.period.first
    return replace(position, state="feeding", bounds=bounds, minute=first, uplinks=plan.uplinks)


def _tick(live: Settings, wire: Wire) -> int:
    """A tick behind all that was sent, and its time: what waits for it waits for all of it. On a
    simulated clock time does not pass by itself: a microsecond does."""
    now = _clock(live) + 1 if live.clock == "simulated" else time.time_ns() // 1000
    send_ticks(Producer(producer_options(live)), live, wire, now)
    return now


def compared(settings: Settings, name: str, since: int | None, until: int | None) -> Comparison:
    """A side world beside the live one; the period of its replay where none is given.

    Raises:
        Stop: there is no such world, or its replay is not done.
    """
    live = with_password(settings)
    own = worlds.side(live, name)
    found = places.read(own.home)
    if found is None or found.state != "done":
        raise Stop(f"the replay into {name} is not done: `vigie replay list` shows how far it is")
    store = connect_store(live)
    try:
        span = since or found.period.since, until or found.period.until
        return compare(store, live, own, *span)
    finally:
        store.close()


def dropped(settings: Settings, name: str) -> None:
    """Remove a side world, its folder at last.

    Raises:
        Taken: its replay is under way.
        Retry: a server does not answer; what is left goes the next time.
    """
    live = with_password(settings)
    own = worlds.side(live, name)
    with lock.held(own.home):
        worlds.drop(live, own)
    shutil.rmtree(own.home)
