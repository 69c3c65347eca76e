"""What is done to a run while it works; each fault notes what it struck."""

import signal
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from random import Random
from typing import Any

from tests.chaos.feed import Feed
from tests.chaos.keeper import Keeper
from tests.chaos.world import Notes

PATIENCE = 180.0
"""Seconds that a fault waits for its moment."""

TRIES = 6
"""Kills until one strikes a batch in flight; nearly always the first does."""


@dataclass(frozen=True)
class Scene:
    """What a fault may touch. ``ends`` are the expected messages of each uplinks partition;
    ``join`` starts one more worker."""

    keeper: Keeper
    feed: Feed
    rng: Random
    note: Notes
    ends: list[int]
    session: float
    join: Callable[[str], None]
    when: tuple[float, float] = (1 / 3, 2 / 3)


Fault = Callable[[Scene], None]
Test = Callable[[Mapping[str, Any]], bool]


def kill_worker(scene: Scene) -> None:
    """kill -9 while a batch is in flight that lies in the middle third of its partition."""
    moment = scene.rng.uniform(*scene.when)

    def middle(phase: Mapping[str, Any]) -> bool:
        return _in_middle_third(phase, scene.ends)

    _strike(scene, "worker", lambda p: scene.feed.progress >= moment and middle(p), middle)


def kill_sink(scene: Scene) -> None:
    """kill -9 between the begin of a batch of the sink and its commit, in the middle third."""
    middle = scene.rng.uniform(*scene.when)
    _strike(scene, "sink", lambda _: scene.feed.progress >= middle, lambda _: True)


def kill_broker(scene: Scene) -> None:
    """kill -9 of the broker while a worker has a batch in flight; up again a moment later."""
    _middle(scene)
    _until(lambda: any(scene.keeper.in_flight(n) for n in scene.keeper.names("worker")))
    struck = [p for n in scene.keeper.names("worker") for p in scene.keeper.in_flight(n)]
    scene.keeper.restart("kafka", scene.rng.uniform(0.5, 3))
    scene.note("broker killed", in_flight=struck)


def stall_worker(scene: Scene) -> None:
    """SIGSTOP past the session, with a batch in flight; awake, it must do no harm."""
    _middle(scene)
    name = _busy(scene)
    scene.keeper.signal(name, signal.SIGSTOP)
    struck = scene.keeper.in_flight(name)
    time.sleep(scene.session + scene.rng.uniform(2, 4))
    scene.keeper.signal(name, signal.SIGCONT)
    scene.note("stalled", process=name, in_flight=struck)


def join_worker(scene: Scene) -> None:
    """A third worker takes its share while windows are open."""
    _at(scene, scene.rng.uniform(0.3, 0.4))
    scene.join("worker-3")
    scene.note("joined", process="worker-3")


def lose_worker(scene: Scene) -> None:
    """One of the workers dies and stays dead; the others take its partitions."""
    _at(scene, scene.rng.uniform(0.5, 0.65))
    name = _stopped(scene)
    struck = scene.keeper.kill(name, back=False)
    scene.note("lost", process=name, in_flight=struck)


FAULTS: Mapping[str, Fault] = {
    "kill-worker": kill_worker,
    "kill-sink": kill_sink,
    "kill-broker": kill_broker,
    "stall-worker": stall_worker,
    "join-worker": join_worker,
    "lose-worker": lose_worker,
}

SCENARIOS: Mapping[str, tuple[str, ...]] = {
    "kills": ("kill-worker", "kill-sink", "kill-worker"),
    "outage": ("kill-broker", "stall-worker"),
    "members": ("join-worker", "kill-worker", "lose-worker"),
}
"""Faults in the order in which they happen; they begin together where their moments allow."""


def _strike(scene: Scene, role: str, due: Test, proof: Test) -> None:
    """Kill whoever of a role has a batch in flight that is due, until the log has a proof: a
    batch that was begun and not committed.

    Raises:
        AssertionError: no batch was struck.
    """
    for _ in range(TRIES):
        name = _until(lambda: _due(scene, role, due))
        time.sleep(scene.rng.uniform(0, 0.15))
        struck = scene.keeper.kill(name)
        scene.note("killed", process=name, in_flight=struck)
        if any(map(proof, struck)):
            return
        time.sleep(1.0)
    raise AssertionError(f"no {role} was killed with a batch in flight")


def _due(scene: Scene, role: str, due: Test) -> str:
    for name in scene.keeper.names(role):
        if any(due(phase) for phase in scene.keeper.in_flight(name)):
            return name
    return ""


def _busy(scene: Scene) -> str:
    names = scene.keeper.names("worker")
    return str(_until(lambda: next((n for n in names if scene.keeper.in_flight(n)), "")))


def _stopped(scene: Scene) -> str:
    """A worker that is stopped with a batch in flight: a batch that it has just ended proves
    nothing."""
    for _ in range(TRIES):
        name = _busy(scene)
        scene.keeper.signal(name, signal.SIGSTOP)
        if scene.keeper.in_flight(name):
            return name
        scene.keeper.signal(name, signal.SIGCONT)
    raise AssertionError("no worker was stopped with a batch in flight")


def _in_middle_third(phase: Mapping[str, Any], ends: list[int]) -> bool:
    info = phase["info"]
    if info["handler"] != "decode":
        return False
    end = ends[info["partition"]]
    return bool(3 * info["last"] >= end and 3 * info["first"] <= 2 * end)


def _middle(scene: Scene) -> None:
    _at(scene, scene.rng.uniform(*scene.when))


def _at(scene: Scene, progress: float) -> None:
    _until(lambda: scene.feed.progress >= progress)


def _until(moment: Callable[[], Any]) -> Any:
    """What ``moment`` gives once it is true.

    Raises:
        TimeoutError: it did not come.
    """
    deadline = time.monotonic() + PATIENCE
    while not (found := moment()):
        if time.monotonic() > deadline:
            raise TimeoutError("the moment of a fault did not come")
        time.sleep(0.01)
    return found
