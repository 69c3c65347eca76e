"""Sources that are asked on a schedule: a partner's station, an operator's own platform.

What is asked for follows on from what was asked before, so that a slot that was missed leaves no
hole: ``{since}`` is where the last answer that is safe on disk ended.
"""

import asyncio
import os
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, BinaryIO

import httpx
import stamina
import structlog
from croniter import croniter

from connectors.files.inbox import PULLED
from connectors.files.journal import Journal
from connectors.synced import sync_folder
from streams.duration import SECOND
from streams.errors import Skip, Stop
from streams.inventory import Source, micros
from streams.inventory.sources import Pull
from streams.settings import Settings

log = structlog.get_logger()
HOPS_MAX = 5
_ATTEMPTS = 4
_LINES = "application/x-ndjson", "application/jsonl", "application/json-lines"


class _Busy(Exception):
    """The server may answer in a moment."""


def window(pull: Pull, asked: int | None, now: int) -> tuple[int, int] | None:
    """What to ask for: since and until, whole seconds in UTC microseconds; None: it is not due.

    ``asked`` is until when it has been asked, None before the first time. A catch-up goes in
    steps: this is the first one.
    """
    slot = last_slot(pull, now)
    since = asked
    if since is None:
        since = _before(pull.schedule, slot) if pull.first is None else micros(pull.first)
    since -= since % SECOND
    if since >= slot:
        return None
    until = min(slot, since + int(pull.step) * SECOND) if "{since}" in pull.url else slot
    return since, until


def last_slot(pull: Pull, now: int) -> int:
    """The last slot of the schedule that is not after ``now``; both UTC microseconds."""
    return _before(pull.schedule, now + SECOND)


def _before(schedule: str, at: int) -> int:
    """The last slot before an instant."""
    start = datetime.fromtimestamp(at // SECOND, UTC)
    return micros(croniter(schedule, start).get_prev(datetime))


def address(url: str, since: int, until: int) -> str:
    """The address with its times, RFC 3339 in UTC."""
    return url.replace("{since}", _time(since)).replace("{until}", _time(until))


def _time(at: int) -> str:
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    return f"{(epoch + timedelta(microseconds=at)).replace(tzinfo=None).isoformat()}Z"


@dataclass
class Puller:
    """``clock()`` in UTC microseconds; ``secret_of(name)`` None where there is none."""

    settings: Settings
    journal: Journal
    secret_of: Callable[[str], str | None]
    clock: Callable[[], int]
    _failed: dict[str, int] = field(default_factory=dict)

    def pull(self, source: Source, pull: Pull) -> bool:
        """Ask if it is due; whether there is more to catch up.

        The answer lies in the inbox before the journal says that it was asked for. What fails is
        asked again at the next slot.
        """
        now = self.clock()
        due = window(pull, self.journal.pulled(source.id), now)
        if due is None or self._failed.get(source.id) == last_slot(pull, now):
            return False
        # From the first time on it is known since when, whatever becomes of the answer.
        self.journal.pull(source.id, due[0])
        try:
            size = self._answered(source, pull, *due)
        except (Skip, Stop, OSError) as why:
            self._failed[source.id] = last_slot(pull, now)
            log.warning("not_pulled", source=source.id, since=_time(due[0]), why=str(why))
            return False
        self.journal.pull(source.id, due[1])
        log.info("pulled", source=source.id, since=_time(due[0]), until=_time(due[1]), bytes=size)
        return True

    def _answered(self, source: Source, pull: Pull, since: int, until: int) -> int:
        """Bytes of the answer, which is a file of the inbox then, unless it is empty."""
        folder = self.settings.home / "inbox" / source.id / PULLED
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = folder / ".answer"
        with draft.open("wb") as file:
            media = self._fetched(address(pull.url, since, until), self._headers(pull), file)
            size = file.tell()
            file.flush()
            os.fsync(file.fileno())
        ending = "csv" if source.table else "jsonl" if media in _LINES else "json"
        name = f"pulled-{datetime.fromtimestamp(until // SECOND, UTC):%Y%m%dT%H%M%SZ}.{ending}"
        if size:
            draft.replace(folder / name)
            # The journal must not outlive a crash that the file's name does not.
            sync_folder(folder)
        return size

    def _headers(self, pull: Pull) -> Mapping[str, str]:
        if pull.secret is None:
            return {}
        secret = self.secret_of(pull.secret)
        if not secret:
            raise Stop(f"set VIGIE_SECRET_{pull.secret} or write secrets/{pull.secret} of the home")
        if not (secret.isascii() and secret.isprintable()) or secret != secret.strip():
            raise Stop(f"the secret {pull.secret} has characters that no header can hold")
        return {pull.header: pull.prefix + secret}

    def _fetched(self, url: str, headers: Mapping[str, str], file: BinaryIO) -> str:
        """Write the answer; its media type.

        Raises:
            Skip: ``unreachable``, ``status``, ``redirect``, ``too_large``, ``too_slow``.
        """
        try:
            return asyncio.run(self._within(url, headers, file))
        except TimeoutError as e:
            raise Skip("too_slow", f"not complete within {self.settings.pull_timeout} s") from e
        except (httpx.TransportError, _Busy) as e:
            raise Skip("unreachable", f"the server does not answer: {e or type(e).__name__}") from e
        except (httpx.InvalidURL, zlib.error) as e:
            raise Skip("unreachable", f"the address or the answer cannot be read: {e}") from e

    async def _within(self, url: str, headers: Mapping[str, str], file: BinaryIO) -> str:
        """All of it has one end, however slowly a server says its answer, headers included."""
        patience = self.settings.pull_timeout
        again = stamina.retry_context(
            on=(httpx.TransportError, _Busy), attempts=_ATTEMPTS, timeout=patience
        )
        async with asyncio.timeout(patience):
            async for attempt in again:
                with attempt:
                    async with httpx.AsyncClient(timeout=patience / 4) as client:
                        file.seek(0)
                        file.truncate()
                        return await self._received(client, url, headers, file)
        raise Skip("unreachable", "the server was not asked")

    async def _received(
        self, client: httpx.AsyncClient, url: str, headers: Mapping[str, str], file: BinaryIO
    ) -> str:
        headers = {"accept-encoding": "gzip", **headers}
        request = client.build_request("GET", url, headers=headers)
        for _ in range(HOPS_MAX):
            response = await client.send(request, stream=True)
            try:
                following = response.next_request
                if following is None:
                    await self._write(response, file)
                    media: str = response.headers.get("content-type", "")
                    return media.partition(";")[0].strip().lower()
            finally:
                await response.aclose()
            if _origin(following.url) != _origin(request.url):
                raise Skip("redirect", f"it redirects to another host, {following.url.host}")
            request = client.build_request("GET", following.url, headers=headers)
        raise Skip("redirect", f"it redirects more than {HOPS_MAX} times")

    async def _write(self, response: httpx.Response, file: BinaryIO) -> None:
        if response.status_code == 429 or response.status_code >= 500:
            raise _Busy(f"it answers {response.status_code}")
        if response.status_code not in (200, 204):
            raise Skip("status", f"it answers {response.status_code}")
        most = self.settings.pull_body_max
        inflate = _inflate(response.headers.get("content-encoding", ""))
        async for part in response.aiter_raw():
            # A small part may unfold to a thousand times its size: to one byte too many at most.
            room = most + 1 - file.tell()
            file.write(inflate.decompress(part, room) if inflate else part)
            if file.tell() > most:
                raise Skip("too_large", f"more than {most} bytes: lower step of the pull")
        if inflate and file.tell() and (not inflate.eof or inflate.unused_data):
            raise Skip("unreachable", "the answer is not one whole gzip member")


def _inflate(coding: str) -> Any:
    """What undoes a content coding (RFC 9110 section 8.4), None where there is none."""
    if coding.strip().lower() in ("", "identity"):
        return None
    if coding.strip().lower() not in ("gzip", "x-gzip"):
        raise Skip("unreachable", f"it answers with the content coding {coding[:40]}, not gzip")
    return zlib.decompressobj(wbits=31)


def _origin(url: httpx.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port
