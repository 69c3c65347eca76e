"""The spool on a real disk: what was confirmed is there, whatever happens next."""

import asyncio
import os
import random
import shutil
import stat
import subprocess
import sys
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from connectors.webhook import spool as module
from connectors.webhook.frames import Damaged, Spooled
from connectors.webhook.spool import Full, Spool, opened
from streams.errors import Retry, Stop

ROOT = Path(__file__).parents[3]
MANY = [Spooled(b"device", b"value %d" % n, 1000 + n) for n in range(100)]


@asynccontextmanager
async def writing(folder: Path, most: int = 1 << 20, reserve: int = 0) -> AsyncIterator[Spool]:
    async with opened(folder, most, reserve) as spool:
        writer = asyncio.create_task(spool.write())
        try:
            yield spool
        finally:
            writer.cancel()


async def put(spool: Spool, records: Iterable[Spooled]) -> None:
    await asyncio.gather(*map(spool.put, records))


async def emptied(spool: Spool) -> list[Spooled | Damaged]:
    found = []
    while segment := await spool.oldest():
        found += segment.content()
        await spool.drop(segment)
    return found


def test_what_was_put_is_found_by_the_next_owner(tmp_path: Path) -> None:
    async def run() -> None:
        async with writing(tmp_path) as spool:
            assert (await spool.oldest(), spool.since) == (None, None)
            await put(spool, MANY)
            sizes = (spool.size, spool.records, spool.since)
            assert sizes == (sum(r.size for r in MANY), len(MANY), 1000)
        async with writing(tmp_path) as spool:
            assert (spool.size, spool.records, spool.since) == sizes
            assert spool.filled.is_set()
            await put(spool, [MANY[0]])
            assert await emptied(spool) == [*MANY, MANY[0]]
            assert (spool.size, spool.records, spool.since) == (0, 0, None)
        assert list(tmp_path.glob("*.segment")) == []

    asyncio.run(run())


def test_whoever_waits_at_a_moment_shares_one_sync(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[int] = []
    sync = os.fsync
    monkeypatch.setattr(os, "fsync", lambda handle: (synced.append(handle), sync(handle))[1])

    async def run() -> None:
        async with writing(tmp_path) as spool:
            await put(spool, MANY[:1])
            synced.clear()
            await put(spool, MANY)
            assert 1 <= len(synced) <= 2

    asyncio.run(run())


def test_a_long_segment_is_followed_by_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "SEGMENT", 200)
    monkeypatch.setattr(module, "GROUP", 100)

    async def run() -> None:
        async with writing(tmp_path) as spool:
            await put(spool, MANY)
            assert len(list(tmp_path.glob("*.segment"))) > 10
            assert await emptied(spool) == MANY

    asyncio.run(run())


def test_a_full_spool_takes_no_more_until_it_is_drained(tmp_path: Path) -> None:
    async def run() -> None:
        size = MANY[0].size
        async with writing(tmp_path, most=3 * size) as spool:
            await put(spool, MANY[:3])
            with pytest.raises(Full, match="is full"):
                await spool.put(MANY[3])
            assert (spool.size, spool.records) == (3 * size, 3)
            assert await emptied(spool) == MANY[:3]
            await spool.put(MANY[3])

    asyncio.run(run())


def test_the_reserve_of_the_disk_is_left_to_others(tmp_path: Path) -> None:
    async def run() -> None:
        reserve = shutil.disk_usage(tmp_path).total
        async with writing(tmp_path, reserve=reserve) as spool:
            with pytest.raises(Full, match="bytes free"):
                await spool.put(MANY[0])
            assert (spool.size, spool.records, await spool.oldest()) == (0, 0, None)

    asyncio.run(run())


def test_a_disk_that_fails_costs_nothing_that_was_confirmed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: int) -> None:
        raise OSError(5, "Input/output error")

    async def run() -> None:
        async with writing(tmp_path) as spool:
            await put(spool, MANY[:2])
            with monkeypatch.context() as patched:
                patched.setattr(os, "fsync", broken)
                with pytest.raises(Retry, match="Input/output error"):
                    await spool.put(MANY[2])
            await spool.put(MANY[3])
            assert spool.records == 3
            assert await emptied(spool) == [*MANY[:2], MANY[3]]

    asyncio.run(run())


def test_a_disk_that_became_read_only_ends_no_writer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise OSError(30, "Read-only file system")

    def of_files(handle: int) -> None:
        if stat.S_ISREG(os.fstat(handle).st_mode):
            broken()

    async def run() -> None:
        async with writing(tmp_path) as spool:
            for sync in (of_files, broken):
                with monkeypatch.context() as patched:
                    patched.setattr(os, "unlink", broken)
                    patched.setattr(os, "fsync", sync)
                    async with asyncio.timeout(10):
                        with pytest.raises(Retry, match="Read-only"):
                            await spool.put(MANY[0])
            await put(spool, MANY)
            assert await emptied(spool) == MANY

    asyncio.run(run())


def test_a_segment_that_the_disk_does_not_let_go_is_forgotten_until_the_next_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise OSError(30, "Read-only file system")

    async def run() -> None:
        async with writing(tmp_path) as spool:
            await put(spool, MANY)
            with monkeypatch.context() as patched:
                patched.setattr(os, "unlink", broken)
                assert await emptied(spool) == MANY
            assert (spool.records, spool.size > 0) == (0, True)
        async with writing(tmp_path) as spool:
            assert await emptied(spool) == MANY

    asyncio.run(run())


def test_a_segment_that_cannot_be_read_keeps_no_spool_from_opening(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: Path) -> bytes:
        raise OSError(5, "Input/output error")

    async def run() -> None:
        async with writing(tmp_path) as spool:
            await put(spool, MANY)
        with monkeypatch.context() as patched:
            patched.setattr(Path, "read_bytes", broken)
            async with writing(tmp_path) as spool:
                assert (spool.records, spool.size > 0) == (0, True)
        async with writing(tmp_path) as spool:
            assert await emptied(spool) == MANY

    asyncio.run(run())


def test_a_spool_has_one_owner(tmp_path: Path) -> None:
    async def run() -> None:
        async with writing(tmp_path):
            with pytest.raises(Stop, match="VIGIE_WORKER_NAME"):
                await writing(tmp_path).__aenter__()
        async with writing(tmp_path):
            pass

    asyncio.run(run())


def test_a_folder_that_cannot_be_used_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Stop, match="cannot be used"):
        asyncio.run(writing(tmp_path / "file").__aenter__())


def test_a_torn_tail_costs_nothing_else(tmp_path: Path) -> None:
    async def run() -> None:
        async with writing(tmp_path) as spool:
            await put(spool, MANY)
        (segment,) = tmp_path.glob("*.segment")
        os.truncate(segment, segment.stat().st_size - 3)
        async with writing(tmp_path) as spool:
            *whole, tail = await emptied(spool)
            assert whole == MANY[:-1]
            assert isinstance(tail, Damaged)

    asyncio.run(run())


def test_what_is_kept_aside_counts_and_is_kept_once(tmp_path: Path) -> None:
    async def run() -> None:
        async with writing(tmp_path) as spool:
            await spool.keep_aside(b"12345", "damaged")
            await spool.keep_aside(b"12345", "damaged")
            assert spool.size == 5
        async with writing(tmp_path) as spool:
            assert spool.size == 5
        (aside,) = (tmp_path / "aside").iterdir()
        assert (aside.read_bytes(), aside.suffix) == (b"12345", ".damaged")

    asyncio.run(run())


def test_what_is_kept_aside_is_whole_also_where_the_disk_was_full(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    async def run() -> None:
        async with writing(tmp_path) as spool:
            with monkeypatch.context() as patched:
                patched.setattr(os, "fsync", full)
                with pytest.raises(OSError, match="No space"):
                    await spool.keep_aside(b"12345", "damaged")
            assert (list((tmp_path / "aside").iterdir()), spool.size) == ([], 0)
            await spool.keep_aside(b"12345", "damaged")
        (aside,) = (tmp_path / "aside").iterdir()
        assert aside.read_bytes() == b"12345"

    asyncio.run(run())


_KILLED = """
import asyncio, sys
from pathlib import Path
from connectors.webhook.frames import Spooled
from connectors.webhook.spool import opened
async def run():
    async with opened(Path(sys.argv[1]), 1 << 30, 0) as spool:
        writer = asyncio.create_task(spool.write())
        async def one(n):
            while True:
                await spool.put(Spooled(b"k", b"%d" % n, n))
                sys.stdout.write(f"{n}\\n"); sys.stdout.flush()
                n += 100
        await asyncio.gather(*map(one, range(100)))
asyncio.run(run())
"""


def test_what_was_confirmed_survives_kill_9(tmp_path: Path) -> None:
    lines = random.Random(1).randrange(2000, 4000)
    with subprocess.Popen(
        [sys.executable, "-c", _KILLED, str(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout
        confirmed = [int(process.stdout.readline()) for _ in range(lines)]
        process.kill()
        confirmed += [int(line) for line in process.stdout.read().split(b"\n")[:-1]]

    async def run() -> set[bytes]:
        async with writing(tmp_path) as spool:
            return {r.value for r in await emptied(spool) if isinstance(r, Spooled)}

    assert {b"%d" % n for n in confirmed} <= asyncio.run(run())
