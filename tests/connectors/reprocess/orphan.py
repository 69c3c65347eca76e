"""A parent that is killed while a process of its pool has opened what it reads and writes."""

import os
import signal
import sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

from connectors.reprocess.opening import _go_with_parent


def pid() -> int:
    return os.getpid()


def main() -> None:
    """Print the child's id, then die without a word to it."""
    pool = ProcessPoolExecutor(1, get_context("spawn"), _go_with_parent)
    print(pool.submit(pid).result(), flush=True)  # noqa: T201
    sys.stdout.flush()
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    main()
