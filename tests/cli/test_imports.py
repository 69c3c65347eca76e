"""``vigie import`` and the inbox on a whole vigie: each sample once, whatever ends in between."""

import json
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from connectors.store.client import connect
from embedded.home import with_password
from streams.settings import Settings
from tests.cli.command_line import vigie as command
from tests.cli.machine import STOP, Machine, machine

NOW = datetime.now(UTC).replace(second=0, microsecond=0)
SOURCE = "loggers"
RECENT = [f"recent-{n}" for n in range(20)]
OLD = ["old-1", "old-2"]
DAYS = 400
HEAD = "Serial\nSonde;Date;Heure;Niv. eau\n"
WITHIN = 120.0


def inventory() -> dict[str, Any]:
    prop = {"id": "level", "title_fr": "Niveau", "title_en": "Level", "unit": "m"}
    return {
        "use_case": [{"id": "river", "title_fr": "Rivière", "title_en": "River"}],
        "property": [prop | {"resolution": 0.001}],
        "codec": [
            {"id": "table", "decoded": True, "mapping": [{"path": "Niv. eau", "property": "level"}]}
        ],
        "device": [
            {"id": d, "name": d, "codec": "table", "use_case": "river", "nominal_period": 60}
            for d in RECENT + OLD
        ],
        "source": [
            {
                "id": SOURCE,
                "network": "csv",
                "table": {
                    "separator": ";",
                    "decimal": ",",
                    "skip": 1,
                    "time": ["Date", "Heure"],
                    "format": "%d/%m/%Y %H:%M",
                    "device_column": "Sonde",
                },
            }
        ],
    }


def row(device: str, at: datetime, level: float) -> str:
    return f"{device};{at:%d/%m/%Y;%H:%M};{level:.3f}\n".replace(".", ",")


@pytest.fixture(scope="module")
def vigie(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """Up, with the inventory declared."""
    folder = tmp_path_factory.mktemp("machine")
    (folder / "inventory").mkdir()
    (folder / "inventory" / "river.yaml").write_text(yaml.safe_dump(inventory()))
    with machine(folder) as made:
        made.environment["VIGIE_INBOX_REST"] = "1"
        process = made.up()
        declared = made.run("registry", "apply", "--yes", str(folder / "inventory"))
        assert declared.returncode == 0, declared.stderr
        yield made
        process.send_signal(signal.SIGINT)
        process.wait(STOP)


@pytest.fixture
def ask(vigie: Machine) -> Callable[[str], list[Any]]:
    settings = Settings.model_validate({"home": vigie.home} | vigie.ports)
    client = connect(with_password(settings))
    return lambda query: list(client.query(query).result_rows)


def until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WITHIN
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.2)


def imported(vigie: Machine, *paths: Path) -> list[dict[str, Any]]:
    done = vigie.run("import", "--source", SOURCE, "--report", "json", *map(str, paths))
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def noted(home: Path) -> int:
    """Rows that the journal knows."""
    path = home / "data" / "import" / "journal.sqlite"
    if not path.exists():
        return 0
    with sqlite3.connect(path, timeout=30) as base:
        tables = base.execute("SELECT name FROM sqlite_master WHERE name = 'frames'").fetchall()
        return int(base.execute("SELECT count() FROM frames").fetchone()[0]) if tables else 0


def test_a_folder_that_is_imported_twice_gives_each_sample_once(
    vigie: Machine, ask: Callable[[str], list[Any]], tmp_path: Path
) -> None:
    """Killed while it imports, begun again, and imported once more."""
    minutes = 20 * 60
    for n in range(4):
        rows = [
            row(device, NOW - timedelta(minutes=m + 1), m / 1000)
            for m in range(minutes)
            for device in RECENT[n * 5 : n * 5 + 5]
        ]
        (tmp_path / f"{n}.csv").write_text(HEAD + "".join(rows))
    total = minutes * len(RECENT)
    first = subprocess.Popen(
        (sys.executable, "-m", "cli", "import", "--source", SOURCE, str(tmp_path)),
        env=vigie.environment,
        stdout=subprocess.DEVNULL,
    )
    until(lambda: noted(vigie.home) > 0)
    first.kill()
    assert first.wait() == -signal.SIGKILL
    killed_at = noted(vigie.home)
    assert 0 < killed_at < total
    reports = imported(vigie, tmp_path)
    assert sum(r["kept"] + r["duplicate"] for r in reports) == total
    assert sum(r["rows"] for r in reports) == total
    assert [r["kept"] for r in imported(vigie, tmp_path)] == [0, 0, 0, 0]
    counted = "SELECT count(), uniqExact(device, observed_at), uniqExact(device) FROM observation"
    until(lambda: ask(counted)[0][0] >= total)
    time.sleep(2)
    assert ask(counted) == [(total, total, len(RECENT))]
    values = "SELECT uniqExact(value), min(value), max(value) FROM observation"
    assert ask(values) == [(minutes, 0.0, 1.199)]


def test_old_rows_make_their_days_pending_once_a_device_and_day(
    vigie: Machine, ask: Callable[[str], list[Any]], tmp_path: Path
) -> None:
    midnight = NOW.replace(hour=0, minute=0)
    days = [midnight - timedelta(days=n) for n in range(4, 4 + DAYS)]
    rows = [row(d, day + timedelta(hours=h), 1) for day in days for h in (0, 23) for d in OLD]
    (tmp_path / "old.csv").write_text(HEAD + "".join(rows))
    (report,) = imported(vigie, tmp_path / "old.csv")
    assert (report["rows"], report["kept"]) == (len(rows), len(rows))
    pending = "SELECT device, toString(day) FROM pending_day"
    wanted = {(device, f"{day:%Y-%m-%d}") for device in OLD for day in days}
    until(lambda: len(ask(pending)) >= len(wanted))
    assert set(ask(pending)) == wanted
    assert len(ask(pending)) == len(wanted) == 2 * DAYS


def test_a_file_in_the_inbox_is_imported_and_put_away(
    vigie: Machine, ask: Callable[[str], list[Any]], tmp_path: Path
) -> None:
    inbox = vigie.home / "inbox" / SOURCE
    until(inbox.is_dir)
    path = tmp_path / "dropped.csv"
    path.write_text(HEAD + row(RECENT[0], NOW - timedelta(hours=30), 7.5))
    for name in ("first.csv", "second.csv"):
        shutil.copy(path, inbox / f"{name}.part")
        (inbox / f"{name}.part").rename(inbox / name)
        until((inbox / "done" / name).is_file)
    said = [
        json.loads((inbox / "done" / f"{n}.csv.report.json").read_text())
        for n in ("first", "second")
    ]
    assert [(r["kept"], r["duplicate"]) for r in said] == [(1, 0), (0, 1)]
    until(lambda: ask("SELECT count() FROM observation WHERE value = 7.5") == [(1,)])
    (inbox / "wrong.csv").write_text(HEAD + "stranger;12/02/2026;00:00;1\n")
    until((inbox / "refused" / "wrong.csv").is_file)
    wrong = json.loads((inbox / "refused" / "wrong.csv.report.json").read_text())
    assert [(r["reason"], r["lines"]) for r in wrong["reasons"]] == [("unknown_device", [3])]


@pytest.mark.parametrize("name", ["nothing.csv", "empty"])
def test_what_is_not_there_is_said_before_anything_begins(tmp_path: Path, name: str) -> None:
    (tmp_path / "empty").mkdir()
    told = command("import", "--source", SOURCE, str(tmp_path / name), VIGIE_HOME=str(tmp_path))
    assert told.returncode == 1
    assert name in told.stderr.decode()
    assert b"Traceback" not in told.stderr


def test_a_source_that_is_not_declared_imports_nothing(vigie: Machine, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(HEAD)
    told = vigie.run("import", "--source", "stranger", str(path))
    assert told.returncode == 1
    assert "source 'stranger' is not declared" in told.stderr


def test_a_table_says_what_was_refused_and_ends_with_1(vigie: Machine, tmp_path: Path) -> None:
    good = row(RECENT[0], NOW - timedelta(hours=31), 1)
    (tmp_path / "a.csv").write_text(HEAD + good + f"stranger{good}" + RECENT[0] + ";x;y;1\n")
    (tmp_path / "b.csv").write_text("no table\n")
    told = vigie.run("import", "--source", SOURCE, "--dry-run", str(tmp_path))
    assert told.returncode == 1
    assert "unknown_device: 1 (line 4)" in told.stdout
    assert "no_time: 1 (line 5)" in told.stdout
    assert "b.csv: empty: 1 lines" in told.stderr
