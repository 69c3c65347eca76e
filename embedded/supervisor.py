"""Starts processes in waves, restarts what ends, stops them in reverse.

One thread does all the starting and watching, so that a signal that interrupts the caller never
leaves a process half started; it looks at every process ten times a second.
"""

import signal
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import structlog

from embedded import status
from embedded.process import POLL, check_ports, end, set_aside, spawn, tail
from embedded.progress import Progress, silent
from embedded.restarts import pause
from embedded.server import Server
from streams.errors import Stop

log = structlog.get_logger()


@dataclass
class _Child:
    """``due`` and ``ends`` are on the supervisor's clock."""

    server: Server
    wave: int
    due: float
    condition: status.Condition = "waiting"
    process: "subprocess.Popen[bytes] | None" = None
    since: float = field(default_factory=time.time)
    born: float | None = None
    restarts: int = 0
    restarted: float | None = None
    ends: list[float] = field(default_factory=list)
    log_failed: bool = False

    def enter(self, condition: status.Condition) -> None:
        self.condition = condition
        self.since = time.time()

    def state(self) -> status.State:
        pid = self.process.pid if self.process and self.condition != "stopped" else None
        return status.State(
            self.server.name,
            self.condition,
            pid,
            self.since,
            self.restarts,
            self.born,
            self.server.ports,
            self.restarted,
        )


class Supervisor:
    """The processes of one home. ``clock`` is monotonic, in seconds."""

    def __init__(
        self,
        home: Path,
        progress: Progress = silent,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.home = home
        self.logs = home / "logs"
        self.failed = threading.Event()
        self._progress = progress
        self._clock = clock
        self._children: dict[str, _Child] = {}
        self._changed = threading.Condition(threading.RLock())
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="supervisor", daemon=True)

    def start(self, servers: Sequence[Server]) -> None:
        """Start one wave side by side and wait until each of it serves.

        Raises:
            Taken: a port is somebody else's; nothing of the wave was started.
            Stop: one has failed; the message has the end of its log.
        """
        for server in servers:
            check_ports(server)
        with self._changed:
            wave = 1 + max((c.wave for c in self._children.values()), default=0)
            for server in servers:
                self._children[server.name] = _Child(server, wave, self._clock())
        if not self._thread.is_alive():
            self._thread.start()
        for server in servers:
            self.wait(server.name)

    def wait(self, name: str) -> None:
        """Wait until a process serves; raises Stop once it has failed or was stopped."""
        with self._changed:
            child = self._children[name]
            while child.condition in ("waiting", "starting"):
                self._changed.wait(1.0)
            if child.condition != "running":
                raise Stop(f"{name} {child.condition}: {tail(self.logs, name)}")

    def stop(self) -> None:
        """Stop everything, the last wave first; what a wave has, side by side."""
        self._over.set()
        if self._thread.is_alive():
            self._thread.join()
        for wave in sorted({c.wave for c in self._children.values()}, reverse=True):
            children = [c for c in self._children.values() if c.wave == wave]
            self._progress(f"stopping {', '.join(c.server.name for c in children)}", 0, 0)
            for child in children:
                if child.process:
                    child.process.terminate()
            for child in children:
                self._end(child)
        self._tell()

    def states(self) -> list[status.State]:
        """Every process, in the order of their start."""
        with self._changed:
            return [child.state() for child in self._children.values()]

    def pid(self, name: str) -> int:
        """The pid of a process; raises Stop while it has none."""
        with self._changed:
            process = self._children[name].process
        if process is None or process.poll() is not None:
            raise Stop(f"{name} does not run now")
        return process.pid

    def kill(self, name: str, number: int = signal.SIGKILL) -> None:
        """Send a process a signal; what it ends is restarted like any other end."""
        psutil.Process(self.pid(name)).send_signal(number)

    def restart(self, name: str) -> None:
        """Stop a process, start it again and wait until it serves; not counted as an end."""
        with self._changed:
            child = self._children[name]
            self._end(child)
            child.due = self._clock()
            child.enter("waiting")
        self.wait(name)

    def remove(self, name: str) -> None:
        """Stop a process and forget it."""
        with self._changed:
            self._end(self._children.pop(name))
        self._tell()

    def _watch(self) -> None:
        while not self._over.wait(POLL):
            with self._changed:
                children = list(self._children.values())
            for child in children:
                self._bound_log(child)
                if not self._over.is_set() and self._step(child):
                    self._tell()

    def _bound_log(self, child: _Child) -> None:
        """A disk that is full must not end the watch."""
        try:
            set_aside(self.logs, child.server.name)
        except OSError as e:
            if not child.log_failed:
                log.warning("a log cannot be set aside", name=child.server.name, why=str(e))
            child.log_failed = True

    def _step(self, child: _Child) -> bool:
        """Look at one process, do what is due; whether anything changed.

        The question whether it serves is asked without the lock: it may take a second.
        """
        serves = child.condition == "starting" and child.server.ready()
        with self._changed:
            if child.condition == "waiting" and self._clock() >= child.due:
                self._spawn(child)
            elif child.condition == "running" and _ended(child):
                self._ended(child, f"ended with {child.process and child.process.returncode}")
            elif child.condition == "starting":
                return self._starting(child, serves)
            else:
                return False
            return True

    def _spawn(self, child: _Child) -> None:
        self._progress(f"starting {child.server.name}", 0, 0)
        try:
            child.process = spawn(child.server, self.logs)
        except (Stop, OSError) as e:
            child.process = None
            self._ended(child, str(e))
            return
        child.born = time.time()
        child.due = self._clock() + child.server.patience
        child.enter("starting")

    def _starting(self, child: _Child, serves: bool) -> bool:
        if _ended(child):
            self._ended(child, f"ended with {child.process and child.process.returncode}")
        elif serves:
            self._progress(f"{child.server.name} is ready", 0, 0)
            child.enter("running")
        elif self._clock() > child.due:
            self._end(child)
            self._ended(child, f"was not ready after {child.server.patience:.0f} s")
        else:
            return False
        return True

    def _ended(self, child: _Child, why: str) -> None:
        now = self._clock()
        child.ends.append(now)
        wait = pause(child.ends, now)
        log.warning("a process ended", name=child.server.name, why=why, restart_in=wait)
        if wait is None:
            child.enter("failed")
            self.failed.set()
            return
        self._progress(f"{child.server.name} {why}, starts again in {wait:g} s", 0, 0)
        child.restarts += 1
        child.restarted = time.time()
        child.due = now + wait
        child.enter("waiting")

    def _end(self, child: _Child) -> None:
        if child.process:
            end(child.process, child.server.grace)
        if child.condition != "failed":
            child.enter("stopped")

    def _tell(self) -> None:
        with self._changed:
            status.write(self.home, [c.state() for c in self._children.values()])
            self._changed.notify_all()


def _ended(child: _Child) -> bool:
    return child.process is not None and child.process.poll() is not None
