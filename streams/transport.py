"""Faust's transport, as its extension point lets us have it: what is committed, run by run.

Faust hands over each message as an event of its own and spends some 100 µs of asyncio on it. Here
one event is a run: all that one fetch brought of one partition. What is acked is done, because
our transactions did it, and whatever was lost on the way is read by hand; so the offsets between
two runs need no bookkeeping.
"""

from collections import Counter as Tally
from collections.abc import AsyncIterator, Sequence
from typing import Any

import faust
from faust.transport.drivers import aiokafka
from faust.types import Message

from streams.handler import Record

Run = tuple[Record, ...]

AHEAD = 8_000
"""Records of a partition that are handed over and not done, from which on none are fetched."""

FETCH_WAIT = 50
"""Milliseconds that the broker may keep a fetch waiting. A partition that has just been read is
not in the fetch under way: what comes of it meanwhile is that late."""

_PAUSE = 0.01


class ReadCommitted(aiokafka.AIOKafkaConsumerThread):  # type: ignore[misc]
    """Faust reads uncommitted records unless it runs transactions of its own; ours must not show
    before they are committed."""

    def _create_worker_consumer(self, transport: Any) -> Any:
        consumer = super()._create_worker_consumer(transport)
        consumer._isolation_level = "read_committed"
        consumer._fetch_max_wait_ms = FETCH_WAIT
        return consumer


class Consumer(aiokafka.Consumer):  # type: ignore[misc]
    """Faust's consumer on a thread that reads what is committed, and says it run by run."""

    def _new_consumer_thread(self) -> Any:
        return ReadCommitted(self, loop=self.loop, beacon=self.beacon)

    async def getmany(self, timeout: float) -> AsyncIterator[tuple[Any, Message]]:
        """One message a partition; nothing more once the group begins to change."""
        while not self._wanted() and self.flow_active and not self.should_stop:
            await self.sleep(_PAUSE)
        full = len(self._wanted()) < len(self._get_active_partitions())
        fetched, active = await self._wait_next_records(_PAUSE if full else timeout)
        generation = self.app.consumer_generation_id
        for tp, records in (fetched or {}).items():
            if self.should_stop or not self.flow_active:
                return
            if generation != self.app.consumer_generation_id:
                return
            if records and (active is None or tp in active or tp in self._buffered_partitions):
                yield tp, self._to_message(tp, records[-1], records)

    def _held(self) -> Tally[Any]:
        """Records by partition: what a former assignment left is nobody's."""
        held: Tally[Any] = Tally()
        for message in list(self._unacked_messages):
            if not message.acked and message.generation_id == self.app.consumer_generation_id:
                held[message.tp] += len(message.value)
        return held

    def _wanted(self) -> set[Any]:
        """The active partitions that are not ahead of their handler.

        Faust pauses and resumes in the set of the active ones itself: it is not to be another.
        """
        held = self._held()
        return {tp for tp in self._get_active_partitions() if held[tp] < AHEAD}

    async def _getmany(self, active_partitions: Any, timeout: float) -> Any:
        if not (wanted := self._wanted()):  # to aiokafka none are all
            await self.sleep(_PAUSE)
            return {}
        return await super()._getmany(wanted, timeout)

    def on_buffer_full(self, _: Any) -> None:
        """What is ahead is bounded above. Faust would pause a partition whose queue is full, and
        where that is cleared meanwhile it stays so."""

    def _to_message(self, tp: Any, record: Any, run: Sequence[Any] = ()) -> Message:
        message = super()._to_message(tp, record)
        message.key, message.headers = None, None
        message.value = tuple(map(_record, run or (record,)))
        return message

    async def _add_gap(self, *_: Any) -> None:
        """Offsets between two runs are markers, or are read by hand."""

    def _new_offset(self, tp: Any) -> int | None:
        """Runs are acked in their order."""
        if not (acked := self._acked[tp]):
            return None
        done = max(acked) + 1
        acked.clear()
        self._acked_index[tp].clear()
        return int(done)


def _record(read: Any) -> Record:
    return Record(
        read.topic,
        read.partition,
        read.offset,
        read.key,
        read.value,
        tuple(read.headers),
        read.timestamp,
    )


class Transport(aiokafka.Transport):  # type: ignore[misc]
    """Faust's transport with that consumer."""

    Consumer = Consumer


class Runs(faust.Schema):  # type: ignore[misc]
    """A topic whose events are runs: there is nothing to decode."""

    def loads_key(self, *_: Any, **__: Any) -> None:
        """A run has no key."""

    def loads_value(self, _app: Any, message: Message, **__: Any) -> Run:
        """The run."""
        found: Run = message.value
        return found
