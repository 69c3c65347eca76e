"""A TCP proxy whose line can be cut: an outage of the store that no other test notices."""

import asyncio
import contextlib
import threading
from collections.abc import Iterator
from urllib.parse import urlsplit


class Line:
    """Passes connections on to an HTTP server until it is cut."""

    def __init__(self, target: str) -> None:
        self._host, self._port = urlsplit(target).hostname, urlsplit(target).port
        self._writers: set[asyncio.StreamWriter] = set()
        self._open = True
        self.port = 0

    def cut(self) -> None:
        """Reset the open connections and every new one."""
        self._open = False
        self._loop.call_soon_threadsafe(lambda: [w.transport.abort() for w in self._writers])

    def mend(self) -> None:
        """Let connections pass again."""
        self._open = True

    def end(self) -> None:
        """Close the proxy."""
        self._loop.call_soon_threadsafe(self._ended.set)

    async def serve(self, ready: threading.Event) -> None:
        """Until :meth:`end`; ``ready`` says that ``port`` is known."""
        self._loop, self._ended = asyncio.get_running_loop(), asyncio.Event()
        server = await asyncio.start_server(self._pass, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        ready.set()
        async with server:
            await self._ended.wait()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        try:
            if self._open:
                far_reader, far_writer = await asyncio.open_connection(self._host, self._port)
                await asyncio.gather(_copy(reader, far_writer), _copy(far_reader, writer))
        finally:
            self._writers.discard(writer)
            writer.close()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError):
        while data := await reader.read(1 << 16):
            writer.write(data)
            await writer.drain()
    writer.close()


@contextlib.contextmanager
def line_to(target: str) -> Iterator[Line]:
    """A proxy before the HTTP server ``target``, in a thread of its own."""
    line, ready = Line(target), threading.Event()
    thread = threading.Thread(target=lambda: asyncio.run(line.serve(ready)))
    thread.start()
    assert ready.wait(10)
    try:
        yield line
    finally:
        line.end()
        thread.join(10)
