"""``vigie up`` as an operator has it: started, looked at, stopped, killed, started again."""

import json
import signal
import time
from collections.abc import Iterator
from contextlib import suppress

import httpx
import psutil
import pytest

from tests.cli.machine import STOP, Machine
from tests.cli.machine import machine as started_in


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    with started_in(tmp_path_factory.mktemp("machine")) as made:
        yield made


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
