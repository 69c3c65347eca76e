"""The whole of it: real servers, real processes, real HTTP, compared with the truth."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psutil
import pytest

SMALL = ("--days", "1", "--devices", "10", "--seed", "3")
MEMORY_MAX = 2560
"""MiB, of everything together."""


def _command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "cli", "demo", *SMALL, *arguments]


def _environment(scratch: Path) -> dict[str, str]:
    return os.environ | {"TMPDIR": str(scratch), "VIGIE_HOME": str(scratch / "not-used")}


def _of_home(folder: Path) -> list[str]:
    """The processes that still name a home below the folder."""
    found = []
    for process in psutil.process_iter(["pid", "cmdline", "environ"]):
        environment = process.info["environ"] or {}
        if str(folder) in environment.get("VIGIE_HOME", "") and process.pid != os.getpid():
            found.append(" ".join(process.info["cmdline"] or ()))
    return found


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("scratch")


@pytest.fixture(scope="module")
def report(scratch: Path) -> dict[str, Any]:
    done = subprocess.run(
        _command("--once", "--output", "json"),
        env=_environment(scratch),
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_the_store_has_the_simulators_truth(report: dict[str, Any]) -> None:
    truth = report["truth"]
    assert truth["equal"]
    assert truth["differences"] == []
    for name in ("sent", "unique", "observed", "dead", "flagged"):
        assert report[name] == truth[name]
    assert report["sent"] > report["unique"] > report["observed"] > 900
    assert truth["compared"]["pav_fill"] > 100
    assert truth["compared"]["noise_laeq"] > 60


def test_each_fault_of_the_day_raised_its_flag(report: dict[str, Any]) -> None:
    raised = {(row["use_case"], row["test"]) for row in report["raised"]}
    assert {("pav", "spike"), ("noise", "spike"), ("noise", "flat_line")} <= raised
    assert report["flagged"]["noise"]["missing"] == 1
    assert report["dead"] == 1


def test_every_site_has_its_indicator(report: dict[str, Any]) -> None:
    fill, level = report["indicators"]["pav_fill"], report["indicators"]["noise_laeq"]
    assert len({row["site"] for row in fill}) == 6
    assert len({row["site"] for row in level}) == 4
    assert all(0 <= row["value"] <= 100 for row in fill)
    assert all(30 < row["value"] < 110 for row in level)


def test_it_says_what_it_took(report: dict[str, Any]) -> None:
    assert 100 < report["rss_mib"] < MEMORY_MAX
    assert report["timings"]["total_s"] > report["timings"]["post_s"] > 0
    assert report["seed"] == 3


def test_nothing_is_left_behind(report: dict[str, Any], scratch: Path) -> None:
    assert report["truth"]["equal"]
    assert list(scratch.iterdir()) == []
    assert _of_home(scratch) == []


def test_ctrl_c_in_the_middle_stops_everything_and_cleans_up(tmp_path: Path) -> None:
    with subprocess.Popen(
        _command(), env=_environment(tmp_path), stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr
        for line in process.stderr:
            if line.startswith("posting"):
                break
        time.sleep(1.0)
        process.send_signal(signal.SIGINT)
        said = process.stderr.read()
        assert process.wait(60) == 130, said
    assert list(tmp_path.iterdir()) == []
    assert _of_home(tmp_path) == []


def test_a_home_in_use_is_refused(tmp_path: Path) -> None:
    (tmp_path / "mine").touch()
    done = subprocess.run(_command("--home", str(tmp_path)), capture_output=True, text=True)
    assert done.returncode == 5
    assert "not empty" in done.stderr


@pytest.mark.parametrize("start", ["yesterday", "2026-10-23T05:00:00+00:00", "2026-10-23"])
def test_a_start_that_is_no_midnight_utc_is_a_usage_error(start: str) -> None:
    done = subprocess.run(_command("--start", start), capture_output=True, text=True)
    assert done.returncode == 2
    assert "UTC" in done.stderr or "isoformat" in done.stderr
