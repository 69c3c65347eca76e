"""Runs of several partitions, on real threads: none waits for another's."""

import asyncio
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest

from streams.dispatch import Dispatch, Event
from streams.handler import Record

PATIENCE = 20.0


def event(partition: int, *offsets: int) -> Event:
    run = tuple(Record("t", partition, offset, None, b"") for offset in offsets)
    return SimpleNamespace(message=SimpleNamespace(partition=partition), value=run)


@dataclass
class World:
    """What was processed, in its order; a partition in ``held`` waits to be let go."""

    held: dict[int, threading.Event] = field(default_factory=dict)
    done: list[tuple[int, list[int]]] = field(default_factory=list)
    begun: list[int] = field(default_factory=list)
    acked: list[Event] = field(default_factory=list)
    failures: list[BaseException] = field(default_factory=list)

    def process(self, partition: int, records: Sequence[Record]) -> None:
        self.begun.append(partition)
        if partition in self.held:
            assert self.held[partition].wait(PATIENCE)
        self.done.append((partition, [record.offset for record in records]))

    async def ack(self, event: Event) -> None:
        self.acked.append(event)

    async def until(self, met: Any) -> None:
        async with asyncio.timeout(PATIENCE):
            while not met():
                await asyncio.sleep(0.001)

    def dispatch(self, pool: ThreadPoolExecutor, **other: Any) -> Dispatch:
        given: dict[str, Any] = {"process": self.process, "within": 0.0, "size": 1} | other
        return Dispatch(ack=self.ack, failed=self.failures.append, pool=pool, **given)


def test_a_partition_at_work_holds_up_no_other_and_joins_what_came_meanwhile() -> None:
    world = World({0: threading.Event()})
    slow, more = [event(0, 1)], [event(0, 2, 3), event(0, 4)]

    async def main() -> None:
        with ThreadPoolExecutor(2) as pool:
            dispatch = world.dispatch(pool)
            dispatch.take(slow[0])
            await world.until(lambda: world.begun == [0])
            for each in (*more, event(1, 7)):
                dispatch.take(each)
            await world.until(lambda: world.acked)
            assert world.done == [(1, [7])]
            world.held[0].set()
            await world.until(lambda: len(world.acked) == 4)

    asyncio.run(main())
    assert world.done == [(1, [7]), (0, [1]), (0, [2, 3, 4])]
    assert world.acked[1:] == [*slow, *more]


def test_a_batch_waits_to_fill_and_no_longer_than_it_takes() -> None:
    world = World()

    async def main() -> None:
        with ThreadPoolExecutor(2) as pool:
            dispatch = world.dispatch(pool, within=0.05, size=3)
            dispatch.take(event(0, 1))
            await asyncio.sleep(0)
            dispatch.take(event(0, 2))
            await world.until(lambda: len(world.acked) == 2)
            patient = world.dispatch(pool, within=PATIENCE, size=3)
            patient.take(event(1, 1, 2, 3))
            await world.until(lambda: len(world.acked) == 3)

    asyncio.run(main())
    assert world.done == [(0, [1, 2]), (1, [1, 2, 3])]


@pytest.mark.parametrize("failure", [ValueError("no"), KeyboardInterrupt()])
def test_what_fails_is_told_and_nothing_of_it_is_acked(failure: BaseException) -> None:
    world = World()

    def process(partition: int, _: Sequence[Record]) -> None:
        world.begun.append(partition)
        raise failure

    async def main() -> None:
        with ThreadPoolExecutor(2) as pool:
            dispatch = world.dispatch(pool, process=process)
            dispatch.take(event(0, 1))
            await world.until(lambda: world.failures)
            dispatch.take(event(0, 2))
            await asyncio.sleep(0.01)

    asyncio.run(main()) if isinstance(failure, Exception) else _interrupted(main)
    assert world.failures == [failure]
    assert world.begun == [0]
    assert world.acked == []


def _interrupted(main: Any) -> None:
    with pytest.raises(KeyboardInterrupt):
        asyncio.run(main())
