"""One supervisor a home, however the last one went."""

import os
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from embedded import lock, status
from embedded.home import lay_out
from embedded.server import Taken

HOLD = """
import sys, time
from pathlib import Path
from embedded import lock
with lock.held(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(600)
"""


def _holder(home: Path) -> "subprocess.Popen[str]":
    command = (sys.executable, "-c", HOLD, str(home))
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


@pytest.fixture
def home(tmp_path: Path) -> Path:
    lay_out(tmp_path)
    return tmp_path


def test_a_live_lock_names_its_holder_and_the_way_out(home: Path) -> None:
    process = _holder(home)
    try:
        found = lock.holder(home)
        assert found is not None
        assert found.pid == process.pid
        with pytest.raises(Taken, match=rf"pid {process.pid}.*vigie down"), lock.held(home):
            pass
    finally:
        process.kill()
        process.wait()


def test_the_lock_of_a_killed_holder_is_taken_over(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    process = _holder(home)
    process.kill()
    process.wait()
    assert lock.holder(home) is None
    with lock.held(home):
        found = lock.holder(home)
        assert found is not None
        assert found.pid == os.getpid()
    printed = capsys.readouterr()
    assert "stale lock taken over" in printed.out + printed.err
    assert lock.holder(home) is None


def test_two_in_one_process_exclude_each_other_too(home: Path) -> None:
    with lock.held(home), pytest.raises(Taken), lock.held(home):
        pass


def test_what_a_killed_supervisor_left_is_ended(home: Path) -> None:
    left = subprocess.Popen((sys.executable, "-c", "import time; time.sleep(600)"))
    born = psutil.Process(left.pid).create_time()
    status.write(home, [status.State("worker-1", "running", left.pid, born, born=born)])
    assert lock.end_leftovers(home) == ["worker-1"]
    assert not psutil.pid_exists(left.pid)
    left.wait()


def test_a_pid_that_was_given_to_somebody_else_is_left_alone(home: Path) -> None:
    born = psutil.Process().create_time() - 3600
    status.write(home, [status.State("worker-1", "running", os.getpid(), born, born=born)])
    assert lock.end_leftovers(home) == []


def test_the_children_of_a_holder_do_not_keep_its_lock(home: Path) -> None:
    """The lock is gone with its holder even though what it started lives on."""
    with lock.held(home):
        child = subprocess.Popen((sys.executable, "-c", "import time; time.sleep(600)"))
    try:
        with lock.held(home):
            assert child.poll() is None
    finally:
        child.kill()
        child.wait()
