"""What Faust hands over, to the lanes: each partition at its own pace.

A batch over all partitions would take as long as its slowest one, and what came meanwhile would
wait for two of them. Here a partition's next batch is all that has come of it while it was at
work: few readings are few readings late, a backlog goes in large batches.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from typing import Any

from streams.handler import Record

Event = Any
"""One of Faust's: ``value`` is a run of records of the partition ``message.partition``."""


@dataclass
class Dispatch:
    """Drives ``process(partition, records)`` on threads of a pool, never twice at once for the
    same partition.

    Events are acked in their order when their records are done. A batch waits ``within`` seconds
    to fill, unless there are ``size`` records already. What ``process`` raises is told to
    ``failed``, and nothing of that partition is taken up any more.
    """

    process: Callable[[int, Sequence[Record]], None]
    ack: Callable[[Event], Awaitable[Any]]
    failed: Callable[[BaseException], None]
    pool: Executor
    within: float
    size: int
    _waiting: dict[int, list[Event]] = field(default_factory=dict, init=False)
    _at_work: dict[int, asyncio.Task[None]] = field(default_factory=dict, init=False)

    def take(self, event: Event) -> None:
        """Put an event behind those of its partition; in the thread of the event loop."""
        partition = event.message.partition
        self._waiting.setdefault(partition, []).append(event)
        if partition not in self._at_work:
            work = asyncio.get_running_loop().create_task(self._work(partition))
            self._at_work[partition] = work

    async def _work(self, partition: int) -> None:
        waiting = self._waiting[partition]
        try:
            while waiting:
                if sum(len(event.value) for event in waiting) < self.size:
                    await asyncio.sleep(self.within)
                events, waiting[:] = waiting[:], []
                await self._do(partition, events)
        except asyncio.CancelledError:
            raise
        except BaseException as e:
            self.failed(e)
            raise
        del self._at_work[partition]

    async def _do(self, partition: int, events: Sequence[Event]) -> None:
        records = [record for event in events for record in event.value]
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self.pool, self.process, partition, records)
        for event in events:
            await self.ack(event)
