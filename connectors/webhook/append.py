"""Appends to Kafka from a coroutine, done when every in-sync replica has the record."""

import asyncio
import threading
from collections.abc import Sequence
from functools import partial
from types import TracebackType
from typing import Any

from confluent_kafka import KafkaError, KafkaException, Producer

from connectors.webhook.frames import Spooled
from streams.errors import Retry, Skip
from streams.kafka import producer_options
from streams.settings import Settings

_POLL = 0.1
_END = 1.0
"""Seconds for what is under way at the end; whoever waits for it was answered before."""
_QUEUE = 32 << 10
"""KiB that wait for Kafka at most."""
_REFUSED = {
    KafkaError.MSG_SIZE_TOO_LARGE: "too_large",
    KafkaError.INVALID_TIMESTAMP: "invalid_timestamp",
    KafkaError.INVALID_RECORD: "invalid_record",
}
"""What no later attempt would change."""

_Report = tuple["asyncio.Future[None]", Any]


class Appender:
    """One producer with ``acks=all``; a thread of its own takes its reports.

    To be entered in the event loop that awaits :meth:`append`; leaving it waits for what is
    under way.
    """

    def __init__(self, settings: Settings, topic: str) -> None:
        self._topic = topic
        # Not idempotent: order means nothing here and a copy does no harm, while an idempotent
        # producer can come to an error that is fatal when a broker comes back with less.
        options = {"enable_idempotence": False, "queue_buffering_max_kbytes": _QUEUE}
        self._producer = Producer(producer_options(settings, **options))
        self._reports: list[_Report] = []
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._poll, name="reports", daemon=True)
        self._loop: asyncio.AbstractEventLoop

    async def __aenter__(self) -> "Appender":
        self._loop = asyncio.get_running_loop()
        self._thread.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._ended.set()
        await asyncio.to_thread(self._thread.join)
        await asyncio.to_thread(self._producer.flush, _END)

    async def append(self, record: Spooled, within: float) -> None:
        """Return once the record is acknowledged.

        Raises:
            Retry: the queue is full, or Kafka does not acknowledge ``within`` seconds. The record
                may still arrive: whoever sends it again makes a copy, and a copy does no harm.
            Skip: the brokers refuse this record, or its batch for another record of it.
        """
        done: asyncio.Future[None] = self._loop.create_future()
        try:
            self._producer.produce(
                self._topic,
                record.value,
                record.key,
                timestamp=record.timestamp,
                on_delivery=partial(self._report, done),
            )
            async with asyncio.timeout(within):
                await done
        except BufferError as e:
            raise Retry("the producer's queue is full") from e
        except TimeoutError as e:
            raise Retry(f"Kafka does not acknowledge within {within} s") from e
        except KafkaException as e:
            why = f"Kafka does not take a record of {len(record.value)} bytes: {e.args[0]}"
            if reason := _REFUSED.get(e.args[0].code()):
                raise Skip(reason, why) from e
            raise Retry(why) from e

    def _report(self, done: "asyncio.Future[None]", error: Any, _message: Any) -> None:
        self._reports.append((done, error))

    def _poll(self) -> None:
        while not self._ended.is_set():
            self._producer.poll(_POLL)
            if self._reports and not self._loop.is_closed():
                # One wake of the loop for all that one call reported.
                reports, self._reports = self._reports, []
                self._loop.call_soon_threadsafe(_settle, reports)


def _settle(reports: Sequence[_Report]) -> None:
    for done, error in reports:
        if not done.done():
            done.set_exception(KafkaException(error)) if error else done.set_result(None)
