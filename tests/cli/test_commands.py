"""Every command as a person or a script meets it: help, exit codes, what goes where."""

import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

import cli
from cli import up
from cli.command import Command
from cli.load import load, unknown
from cli.main import build
from cli.processes import ours
from connectors.webhook.frames import Spooled
from connectors.webhook.segment import Writing
from embedded import lock
from embedded.home import lay_out
from embedded.ports import FIELDS, free_ports
from embedded.status import State, write
from streams.discover import discover
from streams.errors import Retry, Stop
from streams.lag import lags
from streams.settings import Settings, masked
from tests.cli.command_line import vigie as command

COMMANDS = discover(cli, Command)
AWAY = {"VIGIE_KAFKA_URL": "127.0.0.1:1"}


def vigie(*arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    """What came of a command, as text."""
    done = command(*arguments, **environment)
    out, err = done.stdout.decode(), done.stderr.decode()
    return subprocess.CompletedProcess(done.args, done.returncode, out, err)


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
    url = "http://somebody:in-the-url/@x@store:8123"
    shown = [
        vigie(*arguments),
        vigie(*arguments, VIGIE_CLICKHOUSE_PASSWORD="in-environment"),
        vigie(*arguments, VIGIE_SCHEMA_REGISTRY_URL=url),
    ]
    for done in shown:
        assert done.returncode == 0
        for secret in ("kept-in-home", "in-environment", "in-the-url"):
            assert secret not in done.stdout + done.stderr
    assert "********" in shown[0].stdout
    assert "store:8123" in shown[2].stdout


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("http://store:8123", "http://store:8123"),
        ("http://u:p@w/@store:8123/x", "http://********@store:8123/x"),
        ("u:p@one:9092,u:q@two:9092", "********@two:9092"),
        ("one:9092,two:9092", "one:9092,two:9092"),
        ("", ""),
    ],
)
def test_an_address_is_shown_without_credentials(address: str, shown: str) -> None:
    assert masked(address) == shown


def test_up_shows_no_credentials() -> None:
    url = "http://u:pw@registry/apis/ccompat/v7"
    summary = up.summary(Settings(kafka_url="u:pw@kafka:9092", schema_registry_url=url))
    assert "pw" not in summary
    assert "registry/apis" in summary


def test_no_message_shows_credentials() -> None:
    with pytest.raises(Retry) as raised:
        lags(Settings(kafka_url="u:pw@127.0.0.1:1"), 0.0)
    assert "********@127.0.0.1:1" in str(raised.value)
    assert "pw" not in str(raised.value)


def test_credentials_in_the_url_of_clickhouse_are_refused_unseen(tmp_path: Path) -> None:
    url = "http://u:in-the-url@store:8123"
    done = vigie("status", VIGIE_HOME=str(tmp_path), VIGIE_CLICKHOUSE_URL=url)
    assert done.returncode == 1
    assert "clickhouse_url" in done.stderr
    assert "VIGIE_CLICKHOUSE_PASSWORD" in done.stderr
    assert "in-the-url" not in done.stderr


@pytest.mark.parametrize("port", ["-1", "0", "65536"])
def test_a_port_that_is_none_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, port: str
) -> None:
    """All of them; 0 is none but for the metrics, where it means off."""
    for name in (*FIELDS, "metrics_port"):
        with monkeypatch.context() as context:
            context.setenv(f"VIGIE_{name.upper()}", port)
            if (name, port) == ("metrics_port", "0"):
                assert load(home=tmp_path).metrics_port == 0
                continue
            with pytest.raises(Stop, match=name):
                load(home=tmp_path)


def test_the_last_process_s_metrics_have_a_port() -> None:
    [most] = [m.le for m in Settings.model_fields["metrics_port"].metadata if hasattr(m, "le")]
    servers = ours(Settings(workers=64, metrics_port=most))
    assert max(s.ports.get("metrics_port", 0) for s in servers) == 65535


@pytest.mark.parametrize("command", ["up", "status", "down"])
def test_a_home_that_is_a_file_is_named(tmp_path: Path, command: str) -> None:
    home = tmp_path / "home"
    home.touch()
    done = vigie(command, VIGIE_HOME=str(home))
    assert done.returncode == 1
    assert "VIGIE_HOME" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_home_of_a_demo_is_its_owners_alone(tmp_path: Path) -> None:
    """Made before a setting that is wrong ends the command."""
    home = tmp_path / "new"
    done = vigie("demo", "--home", str(home), VIGIE_PARTITIONS="0")
    assert done.returncode == 1
    assert home.stat().st_mode & 0o777 == 0o700


def test_metrics_on_a_taken_port_say_so(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        done = vigie("run", "scheduler", "--home", str(tmp_path), VIGIE_METRICS_PORT=port)
    assert done.returncode == 1
    assert f"127.0.0.1:{port}" in done.stderr
    assert "VIGIE_METRICS_PORT" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_variable_that_is_no_setting_is_named_with_the_nearest(tmp_path: Path) -> None:
    done = vigie(
        *("config", "show", "--output=json", "--home", str(tmp_path)),
        VIGIE_PARTITION="3",
        VIGIE_SECRET_TTS="x",
        VIGIE_WORKERS="2",
    )
    assert done.returncode == 0
    assert done.stderr == "vigie: VIGIE_PARTITION is no setting: did you mean VIGIE_PARTITIONS?\n"
    assert unknown(["VIGIE_QQQ", "PATH"]) == ["VIGIE_QQQ is no setting (see `vigie config show`)"]


def test_what_nobody_answers_is_told_once_with_what_to_look_at(tmp_path: Path) -> None:
    nobody = "http://127.0.0.1:1/apis/ccompat/v7"
    done = vigie("registry", "show", "--home", str(tmp_path), VIGIE_SCHEMA_REGISTRY_URL=nobody)
    [line] = done.stderr.splitlines()
    assert (done.returncode, done.stdout) == (1, "")
    assert line.startswith(f"vigie: the schema registry at {nobody}")
    assert line.endswith("; does `vigie status` show it running?")


def test_status_of_an_empty_home_says_that_nothing_runs(tmp_path: Path) -> None:
    done = vigie("status", "--home", str(tmp_path))
    assert (done.returncode, done.stdout) == (3, f"{tmp_path}: nothing runs\n")


@pytest.mark.parametrize(("ago", "steady"), [(None, True), (3.0, False), (61.0, True)])
def test_status_tells_what_was_restarted_in_the_last_minute_and_that_kafka_is_away(
    tmp_path: Path, ago: float | None, steady: bool
) -> None:
    lay_out(tmp_path)
    now = time.time()
    at = None if ago is None else now - ago
    one = State("worker-1", "running", os.getpid(), now, 7, now, restarted=at)
    with lock.held(tmp_path):
        write(tmp_path, [one])
        done = vigie("status", "--home", str(tmp_path), "--output", "json", **AWAY)
    found = json.loads(done.stdout)
    assert (done.returncode, found["up"], found["lag"]) == (3, steady, None)
    [process] = found["processes"]
    assert (process["state"], process["restarts"]) == ("running", 7)
    assert (process["restarted_s_ago"] is None) == (ago is None)


def test_status_of_a_home_where_nothing_runs(tmp_path: Path) -> None:
    done = vigie("status", "--home", str(tmp_path), "--output", "json")
    assert done.returncode == 3
    assert json.loads(done.stdout) == {
        "home": str(tmp_path),
        "pid": None,
        "up": False,
        "processes": [],
        "lag": [],
        "spool": [],
    }


def test_status_tells_what_waits_in_the_spool(tmp_path: Path) -> None:
    """Also where nothing runs: what was accepted is not lost, and not in Kafka."""
    folder = tmp_path / "data" / "spool" / "1"
    (folder / "aside").mkdir(parents=True)
    (folder / "aside" / "0a.damaged").write_bytes(b"12345")
    now = time.time()
    for number, ago in enumerate((600, 60)):
        writing = Writing(folder, number)
        writing.append([Spooled(b"device", b"value", int(1000 * (now - ago)))])
        writing.close()
    done = vigie("status", "--home", str(tmp_path), "--output", "json")
    [spool] = json.loads(done.stdout)["spool"]
    assert (spool["webhook"], spool["aside_bytes"]) == ("1", 5)
    assert spool["waiting_bytes"] == 2 * Spooled(b"device", b"value", 0).size
    assert 600 <= spool["oldest_s"] < 700
    shown = vigie("status", "--home", str(tmp_path)).stdout
    assert "nothing runs" in shown
    assert "uplinks that wait for Kafka" in shown


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


@pytest.mark.parametrize("setting", ["kafka_port", "webhook_port", "metrics_port"])
def test_up_on_a_taken_port_ends_with_5_and_starts_nothing(tmp_path: Path, setting: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        ports = free_ports() | {setting: other.getsockname()[1]}
        told = {f"VIGIE_{name.upper()}": str(port) for name, port in ports.items()}
        done = vigie("up", "--home", str(tmp_path), **told)
    assert done.returncode == 5
    assert str(ports[setting]) in done.stderr
    assert f"VIGIE_{setting.upper()}" in done.stderr
    assert list((tmp_path / "logs").iterdir()) == []
