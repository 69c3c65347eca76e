"""One run: a plan is posted, faults strike, and the end is compared with the oracle."""

import time
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

from clickhouse_connect.driver.client import Client

from connectors.store.client import connect
from streams.settings import Settings
from tests.chaos.audit import audit, behind
from tests.chaos.faults import FAULTS, SCENARIOS, Scene
from tests.chaos.feed import Feed
from tests.chaos.keeper import Keeper, own
from tests.chaos.plan import Plan, plan
from tests.chaos.world import PARTITIONS, Notes, prepare

FEEDING = 30.0
"""Seconds over which a plan is posted."""

DRAINING = 90.0
"""Seconds after that in which the store must have met the last tick."""

PAUSE = 0.15
"""The longest that a process dawdles between two phases, seconds."""


@dataclass
class Outcome:
    """``wrong`` is empty where every row is the oracle's."""

    scenario: str
    seed: int
    posts: int
    seconds: float = 0.0
    drained: float = 0.0
    wrong: list[str] = field(default_factory=list)
    notes: list[dict[str, Any]] = field(default_factory=list)


def run(settings: Settings, keeper: Keeper, scenario: str, seed: int, notes: Notes) -> Outcome:
    """Run a scenario on servers that are up, in topics and a database of its own."""
    drawn = plan(seed)
    outcome = Outcome(scenario, seed, len(drawn.posts), notes=notes.lines)
    begun = time.monotonic()
    with ExitStack() as stack:
        stack.callback(keeper.forget, "sink")
        stack.callback(keeper.forget, "worker")
        mine, wire = prepare(settings, f"chaos-{scenario}-{seed}", drawn)

        def join(name: str) -> None:
            keeper.start(own(mine, keeper, name, seed, PAUSE))

        for name in ("sink-1", "worker-1", "worker-2"):
            join(name)
        feed = Feed(mine, wire, drawn, FEEDING)
        stack.callback(feed.close)
        feed.start()
        rng, ends = Random(seed), drawn.ends(PARTITIONS)
        scene = Scene(keeper, feed, rng, notes, ends, mine.session_timeout, join)
        _strike(scene, scenario)
        client = connect(mine)
        stack.callback(client.close)
        outcome.drained = _drain(client, mine, drawn, keeper)
        outcome.wrong = audit(client, mine, wire, drawn)
    outcome.seconds = round(time.monotonic() - begun, 1)
    return outcome


def _strike(scene: Scene, scenario: str) -> None:
    """The faults one after the other, each at its moment; then the rest of the plan."""
    with ThreadPoolExecutor(1) as pool:
        done: Future[None] = pool.submit(_all, scene, SCENARIOS[scenario])
        while not (scene.feed.done and done.done()):
            if failed := scene.keeper.failed():
                raise AssertionError(failed)
            time.sleep(0.2)
        done.result()


def _all(scene: Scene, names: Sequence[str]) -> None:
    """Each fault has its own part of the middle third, so that none comes too late for it."""
    part = 1 / (3 * len(names))
    for number, name in enumerate(names):
        since = 1 / 3 + number * part
        scene.feed.linger = since + part / 2
        FAULTS[name](replace(scene, when=(since, since + part / 2)))
    scene.feed.linger = 1.0


def _drain(client: Client, settings: Settings, plan: Plan, keeper: Keeper) -> float:
    """Seconds from the last post until the store has met the last tick everywhere.

    Raises:
        TimeoutError: it has not, in time.
    """
    begun = time.monotonic()
    while left := behind(client, settings, plan.minutes[-1]):
        if failed := keeper.failed():
            raise AssertionError(failed)
        if time.monotonic() - begun > DRAINING:
            raise TimeoutError(f"the store has not met the last tick of {', '.join(left)}")
        time.sleep(0.3)
    return round(time.monotonic() - begun, 1)
