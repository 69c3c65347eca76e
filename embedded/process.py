"""Start, await and end one process.

Each runs in a session of its own: Ctrl-C in the terminal reaches the supervisor alone, which
then stops the others in their order.
"""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NoReturn

from embedded.server import Server, Taken, listens
from streams.errors import Stop

LOG_MAX = 16 << 20
"""Bytes; a longer log is set aside, the one set aside before it is forgotten."""
POLL = 0.1
"""Seconds between two looks at a process."""
TAIL = 1500
"""Bytes of its log, and lines, in the message that says why a process did not start."""
LINES = 12


def spawn(server: Server, logs: Path) -> "subprocess.Popen[bytes]":
    """Start a process whose output goes to ``<logs>/<name>.log``.

    Raises:
        Taken: one of its ports is somebody else's.
        Stop: it cannot be prepared.
    """
    check_ports(server)
    server.prepare()
    with log_file(logs, server.name).open("ab") as log:
        return subprocess.Popen(
            server.command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            env=os.environ | server.environment,
            cwd=server.folder,
            start_new_session=True,
        )


def become(server: Server) -> NoReturn:
    """Replace this process by the server; signals and output are its own from then on.

    Raises:
        Taken: one of its ports is somebody else's.
        Stop: it cannot be prepared.
    """
    check_ports(server)
    server.prepare()
    os.chdir(server.folder or Path.cwd())
    os.execve(server.command[0], list(server.command), os.environ | server.environment)  # noqa: S606


def check_ports(server: Server) -> None:
    """Raise Taken, with the setting to change, when one of the ports is taken."""
    for setting, port in server.ports.items():
        if listens(server.host, port):
            raise Taken(
                f"port {port} on {server.host}, for {server.name}, is taken by another process: "
                f"end that one, or set {setting} (VIGIE_{setting.upper()}) to a free port"
            )


def log_file(logs: Path, name: str) -> Path:
    """Where a process logs; what has grown long is set aside first."""
    logs.mkdir(parents=True, exist_ok=True)
    set_aside(logs, name)
    return logs / f"{name}.log"


def set_aside(logs: Path, name: str) -> None:
    """Move a log that has grown long to ``<name>.log.1``, whether or not it is being written.

    A process keeps its log open, so it is copied and emptied; being appended to, it goes on from
    its new end. Lines that come between the two are lost, as with logrotate's copytruncate.
    """
    log = logs / f"{name}.log"
    with suppress(FileNotFoundError):
        if log.stat().st_size > LOG_MAX:
            shutil.copyfile(log, logs / f"{name}.log.1")
            os.truncate(log, 0)


def await_ready(
    server: Server,
    process: "subprocess.Popen[bytes]",
    logs: Path,
    clock: Callable[[], float] = time.monotonic,
) -> None:
    """Wait until the process serves.

    Raises:
        Stop: it ended or its patience ran out; the message has the end of its log.
    """
    deadline = clock() + server.patience
    while not server.ready():
        if process.poll() is not None:
            raise Stop(f"{server.name} ended with {process.returncode}: {tail(logs, server.name)}")
        if clock() > deadline:
            raise Stop(
                f"{server.name} is not ready after {server.patience:.0f} s: "
                f"{tail(logs, server.name)}"
            )
        time.sleep(POLL)


def tail(logs: Path, name: str) -> str:
    """The end of a log and where the rest is."""
    log = logs / f"{name}.log"
    with suppress(FileNotFoundError), log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - TAIL))
        lines = file.read().decode(errors="replace").strip().splitlines()
        return "\n".join((*lines[-LINES:], f"(all of it in {log})"))
    return f"(no log at {log})"


def end(process: "subprocess.Popen[bytes]", grace: float) -> None:
    """SIGTERM, and SIGKILL to its whole group after ``grace`` seconds."""
    if process.poll() is None:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(grace)
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


@contextmanager
def running(server: Server, logs: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """One process for the length of a block, without anybody to restart it."""
    process = spawn(server, logs)
    try:
        await_ready(server, process, logs)
        yield process
    finally:
        end(process, server.grace)
