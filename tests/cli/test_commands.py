"""Every command as a person or a script meets it: help, exit codes, what goes where."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

import cli
from cli.command import Command
from cli.main import build
from embedded import lock
from embedded.home import lay_out
from embedded.ports import free_ports
from streams.discover import discover

COMMANDS = discover(cli, Command)


def vigie(*arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    """The real command in a process of its own, without this shell's settings."""
    own = {k: v for k, v in os.environ.items() if not k.startswith("VIGIE_")}
    return subprocess.run(
        (sys.executable, "-m", "cli", *arguments),
        capture_output=True,
        text=True,
        timeout=60,
        env=own | environment,
        check=False,
    )


def test_help_lists_every_command() -> None:
    shown = vigie("--help")
    assert shown.returncode == 0
    for name in COMMANDS:
        assert f" {name} " in shown.stdout


def test_help_and_status_load_nothing_heavy() -> None:
    """What makes them come at once."""
    heavy = {"faust", "numpy", "pyarrow", "chdb", "clickhouse_connect", "uvicorn"}
    code = "import sys, cli.main, cli.status; cli.main.build(); print(*sys.modules)"
    loaded = subprocess.run(
        (sys.executable, "-c", code), capture_output=True, text=True, check=True
    )
    assert heavy.isdisjoint(loaded.stdout.split())


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_explains_itself(name: str) -> None:
    shown = CliRunner().invoke(build(), [name, "--help"])
    assert shown.exit_code == 0
    assert "Usage" in shown.output
    run = COMMANDS[name].run
    if not isinstance(run, typer.Typer):
        assert run.__doc__
        assert run.__doc__.split("\n")[0].split(";")[0][:30] in shown.output.replace("\n", " ")


def test_help_imports_nothing_heavy() -> None:
    heavy = "{'confluent_kafka', 'faust', 'chdb', 'clickhouse_connect', 'numpy', 'jgo', 'httpx'}"
    code = f"from cli.main import build; build(); import sys; print({heavy} & set(sys.modules))"
    done = subprocess.run((sys.executable, "-c", code), capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


@pytest.mark.parametrize(
    "arguments", [("nonsense",), ("run", "nonsense"), ("status", "--output", "xml")]
)
def test_wrong_usage_ends_with_2_and_says_so_on_stderr(arguments: tuple[str, ...]) -> None:
    done = vigie(*arguments)
    assert done.returncode == 2
    assert done.stdout == ""
    assert arguments[-1] in done.stderr


def test_a_wrong_setting_is_named_without_its_value(tmp_path: Path) -> None:
    done = vigie("config", "show", VIGIE_HOME=str(tmp_path), VIGIE_PARTITIONS="many-secrets")
    assert done.returncode == 1
    assert "partitions" in done.stderr
    assert "many-secrets" not in done.stderr


def test_config_show_tells_value_source_and_meaning_of_every_setting(tmp_path: Path) -> None:
    (tmp_path / "vigie.toml").write_text("workers = 3\npartitions = 4\n")
    done = vigie("config", "show", "--output=json", VIGIE_HOME=str(tmp_path), VIGIE_PARTITIONS="16")
    rows = {row["setting"]: row for row in json.loads(done.stdout)}
    assert (rows["workers"]["value"], rows["workers"]["source"]) == ("3", "vigie.toml")
    assert rows["partitions"]["value"] == "16"
    assert rows["partitions"]["source"] == "environment VIGIE_PARTITIONS"
    assert rows["batch_max"]["source"] == "default"
    assert all(row["description"] for row in rows.values())


@pytest.mark.parametrize("output", ["table", "json"])
def test_config_show_masks_secrets_wherever_they_come_from(tmp_path: Path, output: str) -> None:
    lay_out(tmp_path)
    kept = tmp_path / "secrets" / "clickhouse_password"
    kept.write_text("kept-in-home")
    arguments = ("config", "show", "--output", output, "--home", str(tmp_path))
    url = "http://somebody:in-the-url@store:8123"
    shown = [
        vigie(*arguments),
        vigie(*arguments, VIGIE_CLICKHOUSE_PASSWORD="in-environment"),
        vigie(*arguments, VIGIE_CLICKHOUSE_URL=url),
    ]
    for done in shown:
        assert done.returncode == 0
        for secret in ("kept-in-home", "in-environment", "in-the-url"):
            assert secret not in done.stdout + done.stderr
    assert "********" in shown[0].stdout
    assert "store:8123" in shown[2].stdout


def test_status_of_a_home_where_nothing_runs(tmp_path: Path) -> None:
    done = vigie("status", "--home", str(tmp_path), "--output", "json")
    assert done.returncode == 3
    assert json.loads(done.stdout) == {
        "home": str(tmp_path),
        "pid": None,
        "up": False,
        "processes": [],
        "lag": [],
    }


def test_down_where_nothing_runs_is_no_error(tmp_path: Path) -> None:
    done = vigie("down", "--home", str(tmp_path))
    assert done.returncode == 0
    assert "nothing runs" in done.stderr
    assert done.stdout == ""


def test_up_in_a_home_in_use_ends_with_5_and_names_the_way_out(tmp_path: Path) -> None:
    lay_out(tmp_path)
    with lock.held(tmp_path):
        done = vigie("up", "--home", str(tmp_path))
    assert done.returncode == 5
    assert f"pid {os.getpid()}" in done.stderr
    assert "vigie down" in done.stderr
    assert "Traceback" not in done.stderr


def test_up_on_a_taken_port_ends_with_5_and_starts_nothing(tmp_path: Path) -> None:
    ports = {f"VIGIE_{name.upper()}": str(port) for name, port in free_ports().items()}
    with socket.create_server(("127.0.0.1", int(ports["VIGIE_KAFKA_PORT"]))):
        done = vigie("up", "--home", str(tmp_path), **ports)
    assert done.returncode == 5
    assert ports["VIGIE_KAFKA_PORT"] in done.stderr
    assert "VIGIE_KAFKA_PORT" in done.stderr
    assert list((tmp_path / "logs").iterdir()) == []
