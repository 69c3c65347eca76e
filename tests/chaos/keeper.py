"""Keeps the processes of a run alive, as ``vigie up`` does, and lets faults at them.

Not the product's supervisor: a fault must be able to hold a process down, and the run must know
every exit.
"""

import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from subprocess import Popen

from embedded.process import await_ready, end, spawn
from embedded.server import Server, environment
from streams.settings import Settings
from tests.chaos import journal

ROOT = Path(__file__).parents[2]
EXITS_MAX = 12
"""More exits than that are a crash loop, not faults."""


@dataclass
class Kept:
    """One process and every pid that it had."""

    server: Server
    process: "Popen[bytes]"
    wanted: bool = True
    exits: list[int] = field(default_factory=list)


class Keeper:
    """The processes of a run by name; ``note`` takes what happens."""

    def __init__(self, logs: Path, note: Callable[..., None]) -> None:
        self._logs, self._note = logs, note
        self._kept: dict[str, Kept] = {}
        self._lock = threading.RLock()
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._keep, name="keeper", daemon=True)
        self._thread.start()

    def journal(self, name: str) -> Path:
        """Where a process writes its phases."""
        return self._logs / f"{name}.jsonl"

    def start(self, server: Server) -> None:
        """Start a process and keep it."""
        with self._lock:
            self._kept[server.name] = Kept(server, spawn(server, self._logs))

    def await_all(self) -> None:
        """Wait until all that was started serves."""
        for kept in list(self._kept.values()):
            await_ready(kept.server, kept.process, self._logs)

    def names(self, role: str) -> list[str]:
        """The processes of a role that are to run."""
        return [n for n, k in self._kept.items() if n.startswith(role) and k.wanted]

    def pid(self, name: str) -> int:
        """Of the process that runs now."""
        return self._kept[name].process.pid

    def in_flight(self, name: str) -> list[dict[str, object]]:
        """The batches that the process has begun and not committed."""
        return journal.in_flight(journal.read(self.journal(name), self.pid(name)))

    def signal(self, name: str, number: signal.Signals) -> None:
        """Send a signal to the process; one that is to stop has done so when this returns."""
        process = self._kept[name].process
        process.send_signal(number)
        if number is signal.SIGSTOP:
            with suppress(ChildProcessError):
                os.waitid(os.P_PID, process.pid, os.WSTOPPED | os.WEXITED | os.WNOWAIT)

    def kill(self, name: str, *, back: bool = True) -> list[dict[str, object]]:
        """kill -9, and what was in flight then; ``back`` says whether it is started again."""
        with self._lock:
            kept = self._kept[name]
            kept.process.kill()
            kept.process.wait()
            struck = self.in_flight(name)
            kept.wanted = back
        return struck

    def exits(self, name: str) -> list[int]:
        """The return codes that the process had so far."""
        return self._kept[name].exits

    def restart(self, name: str, after: float) -> None:
        """kill -9 a server, leave it down for ``after`` seconds, wait until it serves again."""
        with self._lock:
            kept = self._kept[name]
            kept.process.kill()
            kept.process.wait()
            time.sleep(after)
            kept.process = spawn(kept.server, self._logs)
        await_ready(kept.server, kept.process, self._logs)

    def failed(self) -> str:
        """Why the run cannot go on, or nothing."""
        loops = [n for n, k in self._kept.items() if len(k.exits) > EXITS_MAX]
        return f"crash loop of {', '.join(loops)}, see {self._logs}" if loops else ""

    def close(self) -> None:
        """End all, our own processes before the servers."""
        self._done.set()
        self._thread.join()
        for kept in reversed(self._kept.values()):
            if kept.process.poll() is None:
                kept.process.send_signal(signal.SIGCONT)
            end(kept.process, kept.server.grace)

    def forget(self, role: str) -> None:
        """End the processes of a role for good."""
        for name in [n for n in self._kept if n.startswith(role)]:
            with self._lock:
                kept = self._kept.pop(name)
            end(kept.process, kept.server.grace)

    def _keep(self) -> None:
        while not self._done.wait(0.2):
            with self._lock:
                for name, kept in self._kept.items():
                    code = kept.process.poll()
                    if kept.wanted and code is not None and len(kept.exits) <= EXITS_MAX:
                        kept.exits.append(code)
                        self._note("exit", process=name, code=code)
                        kept.process = spawn(kept.server, self._logs)


def own(settings: Settings, keeper: Keeper, name: str, seed: int, pause: float) -> Server:
    """One of our processes; its name is its role, a dash and a number."""
    role, _, number = name.rpartition("-")
    return Server(
        name=name,
        command=(
            sys.executable,
            "-m",
            "tests.chaos.worker",
            role,
            str(keeper.journal(name)),
            str(seed),
            str(pause),
        ),
        environment=environment(settings, worker_name=number),
        folder=ROOT,
        grace=10.0,
    )
