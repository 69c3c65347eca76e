"""One process a run: whoever is at work on it holds a lock that goes with the process."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from streams.errors import Stop


@contextmanager
def held(home: Path, run: str) -> Iterator[None]:
    """Be the one that works on a run for the length of the block.

    Raises:
        Stop: another process is.
    """
    path = _path(home, run)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with path.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Stop(
                f"run {run} is at work in another process: see `vigie reprocess status`"
            ) from None
        yield


def alive(home: Path, run: str) -> bool:
    """Whether a process of this machine works on a run."""
    path = _path(home, run)
    if not path.exists():
        return False
    with path.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def _path(home: Path, run: str) -> Path:
    return home / "run" / "reprocess" / f"{run}.lock"
