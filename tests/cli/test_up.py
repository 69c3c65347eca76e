"""``vigie up`` as an operator has it: started, looked at, stopped, killed, started again."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

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


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    made = Machine(tmp_path_factory.mktemp("machine") / "home")
    yield made
    for process in made.processes():
        process.kill()


def test_everything_runs_and_status_says_so(machine: Machine) -> None:
    process = machine.up()
    found = machine.run("status", "--output=json")
    assert found.returncode == 0
    told = json.loads(found.stdout)
    names = {p["name"] for p in told["processes"]}
    assert names >= {"kafka", "schema-registry", "gateway", "webhook", "worker-1", "sink"}
    assert {p["state"] for p in told["processes"]} == {"running"}
    assert sum(p["memory_mib"] for p in told["processes"]) < 2560
    assert httpx.get(f"http://127.0.0.1:{machine.ports['webhook_port']}/healthz").is_success
    process.send_signal(signal.SIGINT)
    assert process.wait(STOP) == 130
    assert machine.processes() == []


def test_a_second_start_needs_nothing_and_down_ends_it(machine: Machine) -> None:
    cluster = (machine.home / "data" / "kafka" / "meta.properties").read_text()
    process = machine.up()
    refused = machine.run("up")
    assert refused.returncode == 5
    assert str(process.pid) in refused.stderr
    down = machine.run("down")
    assert (down.returncode, process.wait(STOP)) == (0, 0)
    assert (machine.home / "data" / "kafka" / "meta.properties").read_text() == cluster
    assert machine.processes() == []
    assert machine.run("status").returncode == 3


def test_after_a_killed_supervisor_the_next_start_clears_up(machine: Machine) -> None:
    process = machine.up()
    left = {p.pid for p in machine.processes()} - {process.pid}
    process.kill()
    process.wait()
    assert machine.status()["pid"] is None
    assert {p.pid for p in machine.processes()} == left
    again = machine.up()
    assert "stale lock taken over" in machine.said()
    assert left & {p.pid for p in machine.processes()} == set()
    again.terminate()
    assert again.wait(STOP) == 0
    assert machine.processes() == []


def test_a_process_that_keeps_ending_makes_up_fail(machine: Machine) -> None:
    process = machine.up()
    deadline = time.monotonic() + STOP
    while process.poll() is None:
        assert time.monotonic() < deadline, machine.said()
        for one in machine.processes():
            with suppress(psutil.NoSuchProcess):
                if one.cmdline()[-2:] == ["run", "scheduler"]:
                    one.kill()
        time.sleep(0.1)
    assert process.returncode == 1
    assert "scheduler failed" in machine.said()
    states = {p["name"]: p["state"] for p in machine.status()["processes"]}
    assert states["scheduler"] == "failed"
    assert machine.processes() == []
