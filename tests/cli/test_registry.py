"""``vigie registry``: the page's own inventory, on the real servers."""

import json
import os
import pty
import re
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from cli.main import build
from connectors.store import migrations
from connectors.store.client import connect as connect_store
from connectors.store.tables import arrow
from streams import topics
from streams.declare import registered
from streams.duration import DAY
from streams.inventory import micros
from streams.inventory.declared import Span
from streams.schema_registry import connect
from streams.settings import Settings
from streams.topic_reader import read_to_end
from tests.connectors.store.records import observation
from tests.world import for_commands, sinking

PAGE = Path(__file__).parents[2] / "docs" / "inventory.md"
SENSOR, NEW = "70B3D57ED0001234", "70B3D57ED0001235"


@pytest.fixture
def inventory(tmp_path: Path) -> Path:
    """The files of the page's example."""
    found = re.findall(r"^`(\S+)`\n\n```\w+\n(.*?)```", PAGE.read_text(), re.DOTALL | re.MULTILINE)
    for name, text in found:
        path = tmp_path / "inventory" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path / "inventory"


@pytest.fixture
def environment(apart: Callable[..., Settings], monkeypatch: pytest.MonkeyPatch) -> Settings:
    settings = apart(partitions=2)
    for_commands(settings, monkeypatch)
    return settings


def vigie(*arguments: object) -> Result:
    return CliRunner().invoke(build(), ["registry", *map(str, arguments)])


def at(text: str) -> int:
    return micros(Span.model_validate({"from": text}).start)  # type: ignore[arg-type]


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def pending(settings: Settings) -> set[str]:
    topic = topics.PENDING.name(settings.topic_prefix)
    found = [read_to_end(settings, topic, p) for p in range(settings.partitions)]
    return {key.decode() for kept in found for key in kept}


def test_an_inventory_is_applied_changed_and_shown(environment: Settings, inventory: Path) -> None:
    migrations.apply(environment)
    first = vigie("apply", inventory, "--yes")
    assert first.exit_code == 0, first.output
    assert "+ calibration vp3-2026 (field.yaml:2)" in first.stdout
    assert "no history becomes pending" in first.stderr
    same = vigie("diff", inventory, "--prune")
    assert (same.exit_code, same.stdout) == (0, "")

    store = connect_store(environment)
    days = [at(f"2026-{day}T12:00:00Z") for day in ("01-02", "01-20", "02-02", "02-20", "03-05")]
    rows = [observation(device, day) for device in (SENSOR, NEW) for day in days]
    store.insert_arrow("observations", arrow("observations", rows))

    edit(inventory / "field.yaml", "b: 1.02", "b: 1.03")
    changed = vigie("diff", inventory, "--output", "json")
    assert changed.exit_code == 3
    (change,) = json.loads(changed.stdout)
    assert (change["change"], change["id"], change["place"]) == (
        "changed",
        "vp3-2026",
        "field.yaml:2",
    )
    assert change["fields"] == [{"field": "params.b", "old": 1.02, "new": 1.03}]

    unasked = vigie("apply", inventory)
    assert "give --yes" in str(unasked.exception)
    assert "4 days of history of 1 devices become pending" in unasked.stderr
    assert vigie("apply", inventory, "--dry-run").exit_code == 0
    assert pending(environment) == set()
    assert vigie("apply", inventory, "--yes").exit_code == 0
    assert pending(environment) == {f"{SENSOR}/{day // DAY}" for day in days[1:]}

    edit(inventory / "field.yaml", "vp3-2026.pdf", "vp3-2026-signed.pdf")
    assert "no history becomes pending" in vigie("apply", inventory, "--yes").stderr
    (inventory / "sites.geojson").unlink()
    assert (
        "2 objects are declared and not in the folder: they stay" in vigie("diff", inventory).stdout
    )
    pruned = vigie("apply", inventory, "--prune", "--yes")
    assert "- deployment vieux-port-3\n" in pruned.stdout
    assert vigie("diff", inventory, "--prune").exit_code == 0

    def told() -> list[dict[str, str]]:
        shown: list[dict[str, str]] = json.loads(vigie("show", SENSOR, "--output", "json").stdout)
        return shown

    with sinking(environment):
        deadline = threading.Event()
        while not any(row["event"] == "removed" for row in told()):
            assert not deadline.wait(0.5)
    life = [(row["event"], row["kind"], row["what"]) for row in told()]
    assert life[0][:2] == ("is", "device")
    assert ("changed", "calibration", "params.b: 1.02 → 1.03") in life
    begun = [kind for event, kind, _ in life if event == "begins"]
    assert begun == ["calibration", "maintenance", "configuration", "session"]
    assert ("removed", "deployment", "") in life
    author = {row["author"] for row in told() if row["event"] in ("declared", "removed")}
    assert len(author) == 1
    assert author != {""}


def test_what_is_exported_applies_without_a_difference(
    environment: Settings, inventory: Path, tmp_path: Path
) -> None:
    assert vigie("apply", inventory, "--yes").exit_code == 0
    assert vigie("export", tmp_path / "copy").exit_code == 0
    same = vigie("diff", tmp_path / "copy", "--prune")
    assert (same.exit_code, same.stdout) == (0, "")
    counts = {r["kind"]: r["objects"] for r in json.loads(vigie("show", "--output", "json").stdout)}
    assert (counts["device"], counts["deployment"], counts["session"]) == (2, 2, 1)
    assert "serial: '1.10'" in vigie("show", "device", NEW).stdout
    assert "did you mean 70B3D57ED000123" in str(vigie("show", "70B3D57ED0001239").exception)


def test_a_store_that_is_away_leaves_all_as_it_was(
    environment: Settings, inventory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert vigie("apply", inventory, "--yes").exit_code == 0
    before = registered(environment, connect(environment))
    monkeypatch.setenv("VIGIE_CLICKHOUSE_URL", "http://127.0.0.1:9")
    edit(inventory / "field.yaml", "b: 1.02", "b: 1.03")
    away = vigie("apply", inventory, "--yes")
    assert "it cannot be told which days become pending" in str(away.exception)
    assert registered(environment, connect(environment)) == before


def test_what_does_not_fit_is_told_with_its_place_and_nothing_is_declared(
    environment: Settings, inventory: Path
) -> None:
    edit(inventory / "devices.csv", "gauge,pav,waste-team,900\n70", "gauge,pavs,waste-team,900\n70")
    refused = vigie("apply", inventory, "--yes")
    assert (
        "devices.csv:2: device 70B3D57ED0001234: use_case 'pavs' is not declared: did you"
        in str(refused.exception)
    )
    assert not registered(environment, connect(environment)).objects


def test_an_empty_folder_is_refused(environment: Settings, tmp_path: Path) -> None:
    done = vigie("apply", tmp_path)
    assert done.exit_code != 0
    assert "is it the folder of the inventory" in str(done.exception)


@pytest.mark.parametrize(("answer", "declared"), [(b"n\n", 0), (b"y\n", 2)])
def test_on_a_terminal_the_operator_is_asked(
    environment: Settings, inventory: Path, answer: bytes, declared: int
) -> None:
    keyboard, terminal = pty.openpty()
    os.write(keyboard, answer)
    done = subprocess.run(
        (sys.executable, "-m", "cli", "registry", "apply", str(inventory)),
        stdin=terminal,
        capture_output=True,
        timeout=120,
        check=False,
    )
    os.close(terminal)
    os.close(keyboard)
    assert done.returncode == 0, done.stderr
    assert b"Apply? [y/N]" in done.stderr
    found = registered(environment, connect(environment))
    assert len(found.all("device")) == declared
