"""The processes of a side world, as long as uplinks are replayed into it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from confluent_kafka import Producer

from cli.interrupt import uninterrupted
from cli.processes import ours
from cli.replaying.world import PATIENCE, Asked, begin, digest
from connectors.inventory.apply import proposed
from connectors.inventory.folder import load as load_folder
from connectors.replay import position as places
from connectors.replay import side as worlds
from connectors.replay.feed import Feed
from connectors.replay.plan import Plan
from connectors.replay.position import Position
from connectors.replay.settled import settled
from connectors.replay.uplinks import Uplinks
from embedded import lock
from embedded.progress import Progress
from embedded.supervisor import Supervisor
from streams.declare import registered
from streams.errors import Stop
from streams.kafka import producer_options
from streams.registry import Registry
from streams.schema_registry import connect
from streams.settings import Settings
from streams.ticks import send_ticks


def into_side(asked: Asked, plan: Plan, progress: Progress) -> None:
    """Make the world where it is missing, let its worker and sink run, send it all.

    Raises:
        Retry: a server does not answer; running it again goes on.
        Stop: the world cannot be made, or its store does not follow.
    """
    live, own = asked.live, asked.target
    with lock.held(own.home):
        found = places.read(own.home)
        if found is None or found.state == "preparing":
            found = _prepared(asked, plan, progress)
        if found.state == "done":
            progress("this replay is done already", 0, 0)
            return
        wire = connect(own)
        with _running(own, progress) as supervisor:
            feed = Feed(own, wire, Uplinks(live, wire), lambda at: places.write(own.home, at))
            found = feed.run(
                found,
                asked.speed,
                lambda n: progress("uplinks sent", n, plan.uplinks),
                supervisor.failed.is_set,
            )
            if supervisor.failed.is_set():
                raise Stop(f"a process failed: its log is in {own.home / 'logs'}")
            progress("waiting for the store to meet the last tick", 0, 0)
            settled(own, found.period.end, PATIENCE)
        places.write(own.home, replace(found, state="done"))


def _prepared(asked: Asked, plan: Plan, progress: Progress) -> Position:
    """A world that holds what is declared, and the first tick, which a group needs."""
    progress("topics, tables and what is declared", 0, 0)
    live, own, first = asked.live, asked.target, plan.period.first
    position = Position(plan.period, digest(asked.inventory))
    places.write(own.home, position)
    wire = worlds.prepare(live, own, _declared(asked), first)
    send_ticks(Producer(producer_options(own)), own, wire, first)
    position = begin(plan, position)
    places.write(own.home, position)
    return position


def _declared(asked: Asked) -> Registry:
    """What is declared live now, with what the inventory changes."""
    if asked.inventory is None:
        return registered(asked.live, connect(asked.live))
    return proposed(asked.live, load_folder(asked.inventory), prune=False).after


@contextmanager
def _running(own: Settings, progress: Progress) -> Iterator[Supervisor]:
    """The workers and the sink of a world, no door, no scheduler, no notifier."""
    supervisor = Supervisor(own.home, progress)
    wanted = [s for s in ours(own) if s.name == "sink" or s.name.startswith("worker-")]
    try:
        supervisor.start(wanted)
        yield supervisor
    finally:
        with uninterrupted():
            supervisor.stop()
