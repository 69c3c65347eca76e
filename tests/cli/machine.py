"""A home of its own with the real command line, as an operator has them."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil

from embedded.ports import free_ports

START = 120.0
STOP = 120.0


class Machine:
    """A home, its ports and the command line."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.ports = free_ports()
        told = {f"VIGIE_{k.upper()}": str(v) for k, v in self.ports.items()}
        own = {k: v for k, v in os.environ.items() if not k.startswith("VIGIE_")}
        self.environment = own | told | {"VIGIE_HOME": str(home)}
        self.stderr = home.parent / "stderr"

    def up(self) -> "subprocess.Popen[bytes]":
        with self.stderr.open("ab") as said:
            process = subprocess.Popen(
                self._command("up"), stdin=subprocess.DEVNULL, stderr=said, env=self.environment
            )
        before = self.said().count("vigie is up")
        _until(lambda: self.said().count("vigie is up") > before, START, process, self.said)
        return process

    def run(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            self._command(*arguments),
            capture_output=True,
            text=True,
            env=self.environment,
            timeout=STOP,
            check=False,
        )

    def status(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.run("status", "--output=json").stdout)
        return found

    def said(self) -> str:
        return self.stderr.read_text("utf-8")

    def processes(self) -> list[psutil.Process]:
        """Everything that was started for this home, whoever its parent is now."""
        return [p for p in psutil.process_iter() if self._is_ours(p)]

    def _is_ours(self, process: psutil.Process) -> bool:
        try:
            if process.status() == psutil.STATUS_ZOMBIE:
                return False
            return process.environ().get("VIGIE_HOME") == str(self.home)
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            return False

    @staticmethod
    def _command(*arguments: str) -> tuple[str, ...]:
        return (sys.executable, "-m", "cli", *arguments)


def _until(
    true: Callable[[], bool],
    seconds: float,
    process: "subprocess.Popen[bytes]",
    said: Callable[[], str],
) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert process.poll() is None, said()
        assert time.monotonic() < deadline, said()
        time.sleep(0.1)


@contextmanager
def machine(folder: Path) -> Iterator[Machine]:
    """A machine whose processes end with the block, whatever became of them."""
    made = Machine(folder / "home")
    try:
        yield made
    finally:
        for process in made.processes():
            process.kill()
