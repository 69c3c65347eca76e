"""Uplinks on the local disk while Kafka does not take them.

A folder of segments; one is appended to until it is long or is wanted by the drain. Whoever waits
at a moment shares one fsync. Order does not matter to whoever reads, nor does a record that comes
twice; what was confirmed must come, after any crash.
"""

import asyncio
import fcntl
import os
from collections import deque
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from hashlib import blake2b
from pathlib import Path

import structlog

from connectors.synced import sync_folder
from connectors.webhook.frames import Spooled
from connectors.webhook.segment import Segment, Writing, left, remove
from streams.errors import Retry, Stop

log = structlog.get_logger()
SEGMENT = 8 << 20
"""Bytes after which a segment is closed; the drain reads one at a time."""
GROUP = 1 << 20
"""Bytes that share one fsync at most, so that the first of them does not wait for the last."""

_Waiting = tuple[Spooled, "asyncio.Future[None]"]


class Full(Retry):
    """The spool has reached its bound, or the reserve of the disk."""


class Spool:
    """The spool of one webhook, used in one event loop; made by :func:`opened`. Whoever has it
    runs :meth:`write`.

    ``size`` in bytes and ``records`` count also what is on its way to the disk.
    """

    def __init__(self, folder: Path, most: int, reserve: int) -> None:
        self._folder, self._most, self._reserve = folder, most, reserve
        self._closed: deque[Segment] = deque(left(folder))
        self._writing: Writing | None = None
        self._waiting: deque[_Waiting] = deque()
        self._due, self.filled = asyncio.Event(), asyncio.Event()
        self._disk = asyncio.Lock()
        last = self._closed[-1].path.name.partition("-")[0] if self._closed else "0"
        self._sequence = int(last)
        aside = (path.stat().st_size for path in (folder / "aside").glob("*"))
        self.size = sum(s.size for s in self._closed) + sum(aside)
        self.records = sum(s.records for s in self._closed)
        if self._closed:
            self.filled.set()

    @property
    def since(self) -> int | None:
        """The first arrival of the oldest segment, milliseconds UTC; None where there is none."""
        oldest = self._closed[0] if self._closed else self._writing
        return oldest.since if oldest else None

    async def put(self, record: Spooled) -> None:
        """Return once the record is on the disk.

        Raises:
            Full: there is no room.
            Retry: the disk does not take it.
        """
        if self.size + record.size > self._most:
            raise Full(f"the spool {self._folder} is full: it may hold {self._most} bytes")
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((record, done))
        self._count(record.size, 1)
        self._due.set()
        try:
            await done
        except Retry:
            self._count(-record.size, -1)
            raise
        self.filled.set()

    async def oldest(self) -> Segment | None:
        """The segment to drain next, closed by now; None where nothing is on the disk."""
        if not self._closed:
            await self.close()
        return self._closed[0] if self._closed else None

    async def close(self) -> None:
        """Close the segment that is being written."""
        async with self._disk:
            await asyncio.to_thread(self._close)

    def postpone(self, segment: Segment) -> None:
        """Let the others go first."""
        self._closed.remove(segment)
        self._closed.append(segment)

    async def drop(self, segment: Segment) -> None:
        """Forget a segment whose records are all elsewhere.

        One that the disk does not let go is forgotten too, and found at the next start: sent over
        and over its copies would fill Kafka.
        """
        try:
            await asyncio.to_thread(remove, segment.path)
            self._count(-segment.size, 0)
        except OSError as e:
            remedy = "remove it: its uplinks are on Kafka"
            log.error("not_removed", path=str(segment.path), reason=e.strerror, remedy=remedy)
        self._closed.remove(segment)
        self._count(0, -segment.records)

    async def keep_aside(self, content: bytes, why: str) -> None:
        """Keep bytes that can never be sent where an operator finds them."""
        name = blake2b(content, digest_size=16).hexdigest()
        path = self._folder / "aside" / f"{name}.{why}"
        if not path.exists():
            await asyncio.to_thread(_write, path, self._folder / "aside.draft", content)
            self._count(len(content), 0)
        log.error("kept_aside", path=str(path), reason=why, bytes=len(content))

    async def write(self) -> None:
        """Put on the disk what waits, for ever."""
        while await self._due.wait():
            self._due.clear()
            while group := self._group():
                failure = await self._written([record for record, _ in group])
                for _, done in group:
                    if not done.done():
                        done.set_exception(failure) if failure else done.set_result(None)

    def _group(self) -> list[_Waiting]:
        group, size = [], 0
        while self._waiting and size < GROUP:
            group.append(self._waiting.popleft())
            size += group[-1][0].size
        return group

    async def _written(self, records: Sequence[Spooled]) -> Retry | None:
        async with self._disk:
            try:
                await asyncio.to_thread(self._append, records)
            except Full as e:
                return e
            except OSError as e:
                log.error("spool", folder=str(self._folder), reason=e.strerror)
                await asyncio.to_thread(self._close)
                return Retry(f"the spool {self._folder} cannot be written: {e.strerror}")
        return None

    def _append(self, records: Sequence[Spooled]) -> None:
        disk = os.statvfs(self._folder)
        if disk.f_bavail * disk.f_frsize - sum(r.size for r in records) < self._reserve:
            raise Full(f"the disk of {self._folder} has less than {self._reserve} bytes free")
        if self._writing is None:
            self._sequence += 1
            self._writing = Writing(self._folder, self._sequence)
        self._writing.append(records)
        if self._writing.size >= SEGMENT:
            self._close()

    def _close(self) -> None:
        writing, self._writing = self._writing, None
        if writing and (closed := writing.close()):
            self._closed.append(closed)

    def _count(self, size: int, records: int) -> None:
        self.size += size
        self.records += records


@asynccontextmanager
async def opened(folder: Path, most: int, reserve: int) -> AsyncIterator[Spool]:
    """The spool in a folder that is nobody else's; what is left of a former owner is in it.

    Raises:
        Stop: another process has it, or it cannot be used.
    """
    with _owned(folder):
        spool = await asyncio.to_thread(Spool, folder, most, reserve)
        try:
            yield spool
        finally:
            await spool.close()


@contextmanager
def _owned(folder: Path) -> Iterator[None]:
    try:
        (folder / "aside").mkdir(mode=0o700, parents=True, exist_ok=True)
        sync_folder(folder)
        file = (folder / "lock").open("a")
    except OSError as e:
        raise Stop(f"the spool {folder} cannot be used: {e.strerror}") from e
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Stop(
                f"another webhook has the spool {folder}: give each a VIGIE_WORKER_NAME of its own"
            ) from None
        yield


def _write(path: Path, draft: Path, content: bytes) -> None:
    """Whole or not at all, also where the disk is full or the machine stops."""
    with draft.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    sync_folder(path.parent)
