"""Numbered files, applied once, in order, whoever starts first."""

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from clickhouse_connect.driver.client import Client

from connectors.store import migrations
from connectors.store.client import connect
from connectors.store.tables import SCHEMAS
from streams.errors import Stop
from streams.resources import CLICKHOUSE
from streams.settings import Settings


def _file(folder: Path, name: str, text: str) -> None:
    (folder / name).write_text(text, "utf-8")


def test_names_are_numbered_from_one_without_a_gap(tmp_path: Path) -> None:
    _file(tmp_path, "0001_a.sql", "SELECT 1;\n")
    assert [m.version for m in migrations.load(tmp_path)] == [1]
    _file(tmp_path, "0003_c.sql", "SELECT 1;\n")
    with pytest.raises(Stop, match="without a gap"):
        migrations.load(tmp_path)
    _file(tmp_path, "second.sql", "SELECT 1;\n")
    with pytest.raises(Stop, match="NNNN"):
        migrations.load(tmp_path)


def test_engines_and_policy_are_put_in() -> None:
    text = "-- why; not\nCREATE TABLE t (a UInt8) ENGINE = {engine:ReplacingMergeTree(a)}\n"
    text += "SETTINGS storage_policy = '{storage_policy}';\n\n-- last\n"
    [plain] = migrations.statements(text, replicated=False, policy="hotcold")
    [replicated] = migrations.statements(text, replicated=True, policy="default")
    assert "ENGINE = ReplacingMergeTree(a)\n" in plain
    assert "policy = 'hotcold'" in plain
    assert "ENGINE = ReplicatedReplacingMergeTree(a)\n" in replicated


def test_an_applied_file_that_changed_is_refused() -> None:
    [first] = [migrations.Migration(1, "0001_a", "SELECT 1")]
    assert migrations.unapplied((first,), {}) == [first]
    assert migrations.unapplied((first,), {1: first.checksum}) == []
    with pytest.raises(Stop, match="put the file back"):
        migrations.unapplied((first,), {1: "0" * 64})
    with pytest.raises(Stop, match="newer version"):
        migrations.unapplied((first,), {1: first.checksum, 2: "0" * 64})


def test_every_statement_is_safe_to_repeat() -> None:
    for migration in migrations.load():
        for statement in migrations.statements(migration.text, replicated=False, policy="default"):
            body = re.sub(r"(?m)^--.*\n", "", statement).strip()
            safe = r"CREATE (TABLE|(MATERIALIZED )?VIEW) IF NOT EXISTS|CREATE OR REPLACE|ALTER"
            assert re.match(safe, body), body
            assert body.count("ADD COLUMN") == body.count("ADD COLUMN IF NOT EXISTS"), body


def test_a_second_start_applies_nothing(world: Settings) -> None:
    assert migrations.apply(world) == []


def test_a_changed_file_stops_the_start(world: Settings, tmp_path: Path) -> None:
    for path in migrations.FOLDER.glob("*.sql"):
        _file(tmp_path, path.name, path.read_text("utf-8"))
    _file(tmp_path, "0001_measured.sql", "SELECT 1;\n")
    with pytest.raises(Stop, match=r"0001_measured\.sql was changed"):
        migrations.apply(world, tmp_path)


def test_processes_that_start_at_once_agree(apart: Callable[..., Settings]) -> None:
    settings = apart()
    environment = {
        "VIGIE_HOME": str(settings.home),
        "VIGIE_CLICKHOUSE_URL": settings.clickhouse,
        "VIGIE_CLICKHOUSE_DATABASE": settings.clickhouse_database,
    }
    code = "from connectors.store import migrations as m; from streams.settings import Settings\n"
    code += "m.apply(Settings())"
    started = [subprocess.Popen((sys.executable, "-c", code), env=environment) for _ in range(3)]
    assert [process.wait(60) for process in started] == [0, 0, 0]
    client = connect(settings)
    applied = client.query("SELECT count(), uniqExact(version) FROM schema_migrations FINAL")
    client.close()
    assert applied.result_rows == [(len(migrations.load()),) * 2]


def test_the_sink_knows_the_columns(client: Client) -> None:
    for table, schema in SCHEMAS.items():
        columns = client.query(f"DESCRIBE TABLE {table}").result_columns[0]
        assert set(columns) == set(schema.names), table


def test_what_only_a_server_runs_can_be_parsed(client: Client) -> None:
    texts = [(CLICKHOUSE / "roles.sql").read_text("utf-8")]
    texts += [m.text for m in migrations.load()]
    for text in texts:
        for statement in migrations.statements(text, replicated=True, policy="hotcold"):
            whole = re.sub(r"(?m)^--.*\n", "", statement).rstrip(";")
            parsed = client.query("SELECT formatQuery({q:String})", parameters={"q": whole})
            assert parsed.result_rows[0][0].split()[0] in {"CREATE", "GRANT", "ALTER"}
