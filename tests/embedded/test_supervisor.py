"""Real processes under the real supervisor: small ones, so that each test takes seconds."""

import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from embedded import status
from embedded.home import lay_out
from embedded.server import Server, Taken
from embedded.supervisor import Supervisor
from streams.errors import Stop

SLEEP = (sys.executable, "-c", "import time; print('here', flush=True); time.sleep(600)")
STUBBORN = (
    sys.executable,
    "-c",
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
    "open('deaf', 'w').close(); time.sleep(600)",
)
FAILS = (sys.executable, "-c", "import sys; print('no such city', flush=True); sys.exit(3)")


@pytest.fixture
def supervisor(tmp_path: Path) -> Iterator[Supervisor]:
    lay_out(tmp_path)
    made = Supervisor(tmp_path)
    yield made
    made.stop()


def until(true: Callable[[], bool], seconds: float = 20.0) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


def test_a_killed_process_comes_back_and_is_counted(supervisor: Supervisor) -> None:
    supervisor.start([Server("one", SLEEP)])
    before = supervisor.pid("one")
    supervisor.kill("one", signal.SIGKILL)
    until(lambda: supervisor.states()[0].restarts == 1)
    supervisor.wait("one")
    restarted = supervisor.states()[0].restarted
    assert restarted is not None
    assert time.time() - restarted < 20
    assert supervisor.pid("one") != before
    assert not supervisor.failed.is_set()


def test_what_never_stays_up_fails_after_five_restarts(tmp_path: Path) -> None:
    """Real ends on a clock five times as fast as the wall."""
    lay_out(tmp_path)
    told: list[str] = []
    supervisor = Supervisor(
        tmp_path,
        progress=lambda what, *_: told.append(what),
        clock=lambda: time.monotonic() * 5,
    )
    with pytest.raises(Stop, match="no such city"):
        supervisor.start([Server("bad", FAILS, ready=lambda: False)])
    supervisor.stop()
    [state] = status.read(tmp_path)
    assert (state.condition, state.restarts) == ("failed", 5)
    assert supervisor.failed.is_set()
    assert told.count("starting bad") == 6


def test_restart_is_asked_for_and_not_counted(supervisor: Supervisor) -> None:
    supervisor.start([Server("one", SLEEP)])
    before = supervisor.pid("one")
    supervisor.restart("one")
    assert supervisor.pid("one") != before
    assert supervisor.states()[0].restarts == 0
    assert supervisor.states()[0].restarted is None


def test_waves_stop_in_reverse(tmp_path: Path) -> None:
    lay_out(tmp_path)
    told: list[str] = []
    supervisor = Supervisor(tmp_path, progress=lambda what, *_: told.append(what))
    supervisor.start([Server("server", SLEEP)])
    supervisor.start([Server("ours", SLEEP)])
    pids = [supervisor.pid(name) for name in ("server", "ours")]
    supervisor.stop()
    assert told[-2:] == ["stopping ours", "stopping server"]
    assert not any(psutil.pid_exists(pid) for pid in pids)
    assert {s.condition for s in status.read(tmp_path)} == {"stopped"}


def test_one_that_ignores_sigterm_is_killed_after_its_grace(
    supervisor: Supervisor, tmp_path: Path
) -> None:
    server = Server("deaf", STUBBORN, ready=(tmp_path / "deaf").exists, folder=tmp_path, grace=0.3)
    supervisor.start([server])
    pid = supervisor.pid("deaf")
    started = time.monotonic()
    supervisor.remove("deaf")
    assert time.monotonic() - started >= 0.3
    assert not psutil.pid_exists(pid)


def test_a_hung_start_is_ended_when_its_patience_is_over(supervisor: Supervisor) -> None:
    asked: list[int] = []

    def ready() -> bool:
        asked.append(supervisor.pid("slow"))
        return len(set(asked)) > 1

    supervisor.start([Server("slow", SLEEP, ready=ready, patience=0.5)])
    assert supervisor.states()[0].restarts == 1
    assert not psutil.pid_exists(asked[0])


def test_a_taken_port_is_named_with_its_remedy(supervisor: Supervisor) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        server = Server("broker", SLEEP, ports={"kafka_port": port})
        with pytest.raises(Taken, match=rf"port {port}.*broker.*VIGIE_KAFKA_PORT"):
            supervisor.start([server])
    assert supervisor.states() == []


def test_a_process_gets_its_own_settings_and_its_output_is_kept(
    supervisor: Supervisor, tmp_path: Path
) -> None:
    show = (
        sys.executable,
        "-c",
        "import os, time; print(os.environ['X'], flush=True); time.sleep(600)",
    )
    log = tmp_path / "logs" / "one.log"
    heard = Server(
        "one", show, environment={"X": "of mine"}, ready=lambda: "of mine" in log.read_text()
    )
    supervisor.start([heard])
    assert "X" not in os.environ


def test_a_long_log_is_set_aside_at_start(supervisor: Supervisor, tmp_path: Path) -> None:
    log = tmp_path / "logs" / "one.log"
    with log.open("wb") as file:
        file.truncate((16 << 20) + 1)
    supervisor.start([Server("one", SLEEP, ready=lambda: "here" in log.read_text())])
    assert log.stat().st_size < 1000
    assert (tmp_path / "logs" / "one.log.1").stat().st_size > 16 << 20


def test_a_log_that_grows_long_is_set_aside_while_its_process_writes(
    supervisor: Supervisor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("embedded.process.LOG_MAX", 10_000)
    talks = (
        sys.executable,
        "-c",
        "import time\nwhile True: print('x' * 999, flush=True); time.sleep(0.01)",
    )
    log, former = (tmp_path / "logs" / name for name in ("one.log", "one.log.1"))
    supervisor.start([Server("one", talks)])
    pid = supervisor.pid("one")
    until(lambda: former.exists() and former.stat().st_size > 10_000)
    size = former.stat().st_size
    until(lambda: 0 < log.stat().st_size < size)
    assert log.read_bytes().startswith(b"x")
    assert supervisor.pid("one") == pid
