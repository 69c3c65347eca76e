"""The process that owns the folder: killed, stopped, started twice, started elsewhere."""

import os
import random
import signal
import subprocess
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from itertools import count
from pathlib import Path
from threading import Event, Timer

import pytest
from clickhouse_connect.driver.exceptions import ClickHouseError

from cli.processes import gateway
from embedded.ports import free_ports
from streams.settings import Settings
from tests.embedded.clickhouse.conftest import Serve, client_of

BLOCK = 500


def test_a_kill_loses_no_acknowledged_insert(fresh: Callable[[], Settings], serve: Serve) -> None:
    settings, chance = fresh(), random.Random(7)
    acknowledged: set[int] = set()
    for _ in range(3):
        with serve(settings) as process:
            client = client_of(settings)
            client.command(
                "CREATE TABLE IF NOT EXISTS kept (block UInt64, row UInt64) "
                "ENGINE = MergeTree ORDER BY block"
            )
            _write_until_killed(settings, process, acknowledged, chance.uniform(0, 0.1))
    with serve(settings):
        rows = client_of(settings).query("SELECT block, count() FROM kept GROUP BY block")
    found = dict(rows.result_rows)
    assert len(acknowledged) >= 30
    assert acknowledged <= found.keys()
    assert set(found.values()) == {BLOCK}


def test_told_to_stop_it_ends_what_runs_and_exits_cleanly(
    fresh: Callable[[], Settings], serve: Serve
) -> None:
    settings, gone = fresh(), Event()

    def endless() -> None:
        with suppress(ClickHouseError):
            client_of(settings).command(
                "SELECT count() FROM numbers(1e15) WHERE NOT ignore(number)"
            )
        gone.set()

    for sign in (signal.SIGTERM, signal.SIGINT):
        with serve(settings) as process, ThreadPoolExecutor() as pool:
            client_of(settings).command("CREATE TABLE IF NOT EXISTS t (a Int8) ENGINE = Log")
            pool.submit(endless)
            time.sleep(0.5)
            process.send_signal(sign)
            assert process.wait(20) == 0
            assert gone.wait(10)


def test_one_process_has_the_folder(fresh: Callable[[], Settings], serve: Serve) -> None:
    settings = fresh()
    with serve(settings) as process:
        other = settings.model_copy(update=free_ports())
        second = _once(other)
        assert second.returncode != 0
        assert f"process {process.pid} already has" in second.stderr.replace("\n", " ")
        assert "Traceback" not in second.stderr
        taken = _once(settings.model_copy(update={"home": fresh().home}))
        assert taken.returncode != 0
        assert "VIGIE_CLICKHOUSE_PORT" in taken.stderr


@pytest.mark.parametrize("zone", ["Europe/Paris", "Asia/Kolkata"])
def test_instants_are_utc_whatever_the_machine_s_zone(
    fresh: Callable[[], Settings], serve: Serve, zone: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", zone)
    settings = fresh()
    with serve(settings):
        sql = "SELECT timezone(), toString(toDateTime(0)), toDateTime('1970-01-01 00:00:00')::Int64"
        assert client_of(settings).query(sql).result_rows == [("UTC", "1970-01-01 00:00:00", 0)]


def test_nothing_in_the_home_is_open_to_others(fresh: Callable[[], Settings], serve: Serve) -> None:
    settings = fresh()
    with serve(settings):
        folder = settings.home / "data" / "clickhouse"
        assert [p.name for p in _folders(folder) if p.stat().st_mode & 0o077] == []


def _folders(folder: Path) -> list[Path]:
    return [folder, *(p for p in folder.iterdir() if p.is_dir())]


def _write_until_killed(
    settings: Settings, process: "subprocess.Popen[bytes]", acknowledged: set[int], after: float
) -> None:
    """Blocks one after the other; ``after`` seconds past the tenth the process is killed."""
    client, first = client_of(settings), max(acknowledged, default=-1) + 2
    killer = Timer(after, process.kill)
    with suppress(ClickHouseError):
        for block in count(first):
            if block == first + 10:
                killer.start()
            client.insert("kept", [(block, row) for row in range(BLOCK)])
            acknowledged.add(block)
    killer.join()


def _once(settings: Settings) -> "subprocess.CompletedProcess[str]":
    server = gateway(settings)
    return subprocess.run(
        server.command,
        env=os.environ | server.environment,
        capture_output=True,
        text=True,
        timeout=60,
    )
