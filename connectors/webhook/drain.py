"""From the spool to Kafka, once it is back."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

import structlog

from connectors.webhook.frames import Damaged, Spooled
from connectors.webhook.keeping import Keeping
from connectors.webhook.segment import Segment
from streams.errors import Retry, Skip

log = structlog.get_logger()
BATCH = 256
"""Records under way at once: few enough to leave Kafka to those who wait for it."""
PAUSE = 0.5
"""Seconds between two attempts."""
_DISK_PAUSE = 10
"""Pauses after a failure of the disk, each of which is logged."""


@dataclass
class Drain:
    """Sends what is on the disk; ``within`` seconds Kafka has to acknowledge a record.

    A crash in the middle of a segment sends it again from its beginning: copies do no harm.
    """

    keeping: Keeping
    within: float
    pause: float = PAUSE

    async def run(self) -> None:
        """Wait for something on the disk, send it, forget it; for ever."""
        spool = self.keeping.spool
        while await spool.filled.wait():
            spool.filled.clear()
            while segment := await spool.oldest():
                try:
                    await self._empty(segment)
                except OSError as e:
                    spool.postpone(segment)
                    remedy = "the disk of the spool must be readable and have room"
                    log.error("drain", reason=str(e), remedy=remedy)
                    await asyncio.sleep(_DISK_PAUSE * self.pause)

    async def _empty(self, segment: Segment) -> None:
        content = await asyncio.to_thread(segment.content)
        for damaged in content:
            if isinstance(damaged, Damaged):
                await self._aside(damaged.content, "damaged")
        left = [record for record in content if isinstance(record, Spooled)]
        while left:
            # One record finds out whether Kafka is back; copies of many would wait for it.
            several = 1 if self.keeping.away else BATCH
            unsent = await self._unsent(left[:several])
            left = unsent + left[several:]
            if unsent:
                await asyncio.sleep(self.pause)
        await self.keeping.spool.drop(segment)

    async def _unsent(self, records: Sequence[Spooled]) -> list[Spooled]:
        """Send records; those that Kafka did not acknowledge."""
        unsent = []
        sent = await asyncio.gather(*map(self._sent, records))
        for record, answer in zip(records, sent, strict=True):
            if not (await self._alone(record) if isinstance(answer, Skip) else answer):
                unsent.append(record)
        return unsent

    async def _alone(self, record: Spooled) -> bool:
        """Kafka refuses a batch for one record of it; whoever is refused alone is never sent."""
        answer = await self._sent(record)
        if isinstance(answer, Skip):
            await self._aside(record.value, answer.reason)
            return True
        return answer

    async def _sent(self, record: Spooled) -> bool | Skip:
        try:
            await self.keeping.append(record, self.within)
        except Retry as e:
            self.keeping.missed(str(e))
            return False
        except Skip as e:
            return e
        self.keeping.answered()
        self.keeping.meters.drained.inc()
        return True

    async def _aside(self, content: bytes, why: str) -> None:
        await self.keeping.spool.keep_aside(content, why)
        self.keeping.meters.aside.inc()
