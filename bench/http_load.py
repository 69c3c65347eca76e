"""Load on an HTTP port, over connections that are kept: as fast as it answers, or at a rate."""

import asyncio
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

CONNECTIONS = 64
_CALM = 0.5
"""Seconds between two measurements."""


class _Client(asyncio.Protocol):
    """One connection; ``answered(client)`` after every answer, which is expected to be 204."""

    def __init__(self, request: bytes, answered: Callable[["_Client"], None]) -> None:
        self._request, self._answered = request, answered
        self._transport: asyncio.Transport
        self._heard = b""
        self.due = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._heard += data
        if self._heard.endswith(b"\r\n\r\n"):
            if not self._heard.startswith(b"HTTP/1.1 204"):
                raise RuntimeError(self._heard.decode("latin-1"))
            self._heard = b""
            self._answered(self)

    def send(self) -> None:
        self._transport.write(self._request)

    def close(self) -> None:
        self._transport.abort()


@dataclass
class Load:
    """Requests of one kind to one port of this machine."""

    port: int
    request: bytes

    async def _clients(self, answered: Callable[[_Client], None]) -> list[_Client]:
        loop = asyncio.get_running_loop()
        made = [
            loop.create_connection(lambda: _Client(self.request, answered), "127.0.0.1", self.port)
            for _ in range(CONNECTIONS)
        ]
        return [client for _, client in await asyncio.gather(*made)]

    async def rate(self, seconds: float) -> float:
        """Answers a second where every connection asks again at once."""
        done = 0

        def again(client: _Client) -> None:
            nonlocal done
            done += 1
            client.send()

        clients = await self._clients(again)
        start = time.perf_counter()
        for client in clients:
            client.send()
        await asyncio.sleep(seconds)
        found = done / (time.perf_counter() - start)
        for client in clients:
            client.close()
        await asyncio.sleep(_CALM)
        return found

    async def latencies(self, rate: float, seconds: float) -> list[float]:
        """Milliseconds from the moment that a request was due, ``rate`` a second whatever the
        answers do, sorted; those that found no connection free have waited for one."""
        took: list[float] = []
        waiting: deque[float] = deque()
        free: deque[_Client] = deque()

        def send(client: _Client, due: float) -> None:
            client.due = due
            client.send()

        def answered(client: _Client) -> None:
            took.append(1000 * (time.perf_counter() - client.due))
            if waiting:
                send(client, waiting.popleft())
            else:
                free.append(client)

        clients = await self._clients(answered)
        free.extend(clients)
        start = time.perf_counter()
        for n in range(int(rate * seconds)):
            due = start + n / rate
            if (early := due - time.perf_counter()) > 0:
                await asyncio.sleep(early)
            if free:
                send(free.popleft(), due)
            else:
                waiting.append(due)
        while len(took) < int(rate * seconds):
            await asyncio.sleep(0.05)
        for client in clients:
            client.close()
        await asyncio.sleep(_CALM)
        return sorted(took)
