"""Kafka while it acknowledges, else the spool."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import structlog

from connectors.webhook.frames import Spooled
from connectors.webhook.meters import SpoolMeters
from connectors.webhook.spool import Full, Spool
from streams.errors import Retry, Skip

log = structlog.get_logger()

Append = Callable[[Spooled, float], Awaitable[None]]
"""Kafka's acknowledgement within some seconds. Retry: it does not come; Skip: it never will."""


@dataclass
class Keeping:
    """``within`` seconds an uplink waits for Kafka before it goes to the spool; once one has
    waited in vain, Kafka is ``away`` and nobody waits until the drain has found it back. While
    ``most`` wait already, the others need not: they hold connections that somebody else needs."""

    append: Append
    spool: Spool
    within: float
    most: int
    meters: SpoolMeters
    away: bool = False
    waiting: int = 0

    async def keep(self, record: Spooled) -> None:
        """Return once the record is on Kafka or on the disk.

        Raises:
            Full: there is no room left on the disk either.
            Retry: the disk does not take it.
        """
        # With nothing to drain there is nobody who would find Kafka back: this one tries.
        hopeless = self.away and self.spool.records
        if hopeless or self.waiting >= self.most or not await self._appended(record):
            try:
                await self.spool.put(record)
            except Full:
                self.meters.refused_full.inc()
                raise
            self.meters.spooled.inc()

    async def _appended(self, record: Spooled) -> bool:
        self.waiting += 1
        try:
            await self.append(record, self.within)
        except Retry as e:
            self.missed(str(e))
            return False
        except Skip as e:
            # It may be a neighbour in its batch that is refused: the drain asks for it alone.
            log.warning("spooled", reason=str(e))
            return False
        finally:
            self.waiting -= 1
        self.answered()
        return True

    def answered(self) -> None:
        """Kafka acknowledged a record."""
        if self.away:
            self.away = False
            self.meters.away.set(0)
            log.info("kafka_back", spooled=self.spool.records)

    def missed(self, why: str) -> None:
        """Kafka did not acknowledge a record."""
        if not self.away:
            self.away = True
            self.meters.away.set(1)
            log.warning("kafka_away", reason=why, remedy="uplinks go to the spool until it is back")
