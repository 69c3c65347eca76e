"""Appends to Kafka from a coroutine, done when every in-sync replica has the record."""

import asyncio
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Any

from confluent_kafka import KafkaError, KafkaException, Producer

from streams.errors import Retry, Skip
from streams.kafka import producer_options
from streams.settings import Settings

_POLL = 0.1
_GRACE = 1.0


class Appender:
    """One idempotent producer with ``acks=all``; a thread of its own takes its reports.

    To be entered in the event loop that awaits :meth:`append`; leaving it waits for what is
    under way.
    """

    def __init__(self, settings: Settings, topic: str) -> None:
        self._topic = topic
        self._timeout = settings.produce_timeout
        self._producer = Producer(producer_options(settings))
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
        await asyncio.to_thread(self._producer.flush, self._timeout)

    async def append(self, key: bytes, value: bytes, timestamp: int) -> None:
        """Return once the record is acknowledged; ``timestamp`` in milliseconds UTC.

        Raises:
            Retry: the queue is full, or Kafka does not acknowledge in time. The record may still
                arrive: whoever sends it again makes a copy, and a copy does no harm.
            Skip: the brokers refuse a record of this size.
        """
        done: asyncio.Future[None] = self._loop.create_future()
        try:
            self._producer.produce(
                self._topic, value, key, timestamp=timestamp, on_delivery=self._report(done)
            )
            async with asyncio.timeout(self._timeout + _GRACE):
                await done
        except BufferError as e:
            raise Retry("the producer's queue is full") from e
        except TimeoutError as e:
            raise Retry(f"Kafka does not acknowledge within {self._timeout} s") from e
        except KafkaException as e:
            if e.args[0].code() == KafkaError.MSG_SIZE_TOO_LARGE:
                raise Skip("too_large", f"Kafka refuses a record of {len(value)} bytes") from e
            raise Retry(f"Kafka does not take the record: {e.args[0]}") from e

    def _report(self, done: "asyncio.Future[None]") -> Callable[[Any, Any], None]:
        def reported(error: Any, _message: Any) -> None:
            if not self._loop.is_closed():
                self._loop.call_soon_threadsafe(_settle, done, error)

        return reported

    def _poll(self) -> None:
        while not self._ended.is_set():
            self._producer.poll(_POLL)


def _settle(done: "asyncio.Future[None]", error: Any) -> None:
    if done.done():
        return
    if error:
        done.set_exception(KafkaException(error))
    else:
        done.set_result(None)
