"""One supervisor a home.

The operating system holds the lock (flock) and lets go of it when its holder dies, however it
dies; the pid and its birth in the file say who that is. What a holder that was killed left
running is known from the home's status and ended by whoever comes next.
"""

import fcntl
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import structlog

from embedded import status
from embedded.server import Taken

SAME = 2.0
"""Seconds by which two readings of a process's birth may differ."""
POLL = 0.1
GRACE = 15.0
"""Seconds that a leftover has to end by itself."""

log = structlog.get_logger()


@contextmanager
def held(home: Path) -> Iterator[None]:
    """Be the home's only supervisor for the length of the block.

    Raises:
        Taken: another one is alive.
    """
    path = _path(home)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Taken(
                f"{home} is in use by vigie with pid {_read(path)[0]}: `vigie down --home {home}` "
                "ends it, `--home` or VIGIE_HOME names another home"
            ) from None
        if (former := _read(path)[0]) is not None:
            log.warning("stale lock taken over", home=str(home), pid=former)
            end_leftovers(home)
        own = psutil.Process()
        path.write_text(f"{own.pid} {own.create_time()}", "utf-8")
        try:
            yield
        finally:
            path.write_text("", "utf-8")


def holder(home: Path) -> psutil.Process | None:
    """The home's living supervisor."""
    return _alive(*_read(_path(home)))


def end_holder(supervisor: psutil.Process, home: Path, patience: float) -> bool:
    """Tell the supervisor to stop; whether it has let go of the home within ``patience`` seconds.

    The lock is asked, not the pid: a parent that is slow to reap keeps that one.
    """
    deadline = time.monotonic() + patience
    with suppress(psutil.NoSuchProcess):
        supervisor.terminate()
    while holder(home) is not None and time.monotonic() < deadline:
        time.sleep(POLL)
    return holder(home) is None


def end_leftovers(home: Path) -> list[str]:
    """End what a supervisor that was killed left behind; their names."""
    found = [(s.name, p) for s in status.read(home) if (p := _alive(s.pid, s.born)) is not None]
    for name, process in reversed(found):
        log.warning("ending a leftover", name=name, pid=process.pid)
        with suppress(psutil.NoSuchProcess):
            process.terminate()
    for process in psutil.wait_procs([p for _, p in found], timeout=GRACE)[1]:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    return [name for name, _ in found]


def _alive(pid: int | None, born: float | None) -> psutil.Process | None:
    """The process, unless its pid is free or somebody else's by now."""
    if pid is None or born is None:
        return None
    with suppress(psutil.NoSuchProcess):
        process = psutil.Process(pid)
        zombie = process.status() == psutil.STATUS_ZOMBIE
        if not zombie and abs(process.create_time() - born) < SAME:
            return process
    return None


def _path(home: Path) -> Path:
    return home / "run" / "lock"


def _read(path: Path) -> tuple[int | None, float | None]:
    """The pid and birth of the holder; None and None where nobody holds it."""
    with suppress(FileNotFoundError, ValueError):
        pid, born = path.read_text("utf-8").split()
        return int(pid), float(born)
    return None, None
