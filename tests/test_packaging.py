"""The wheel holds the packages and the data, and runs with its run-time dependencies alone."""

import os
import subprocess
import sys
from collections.abc import Sequence
from importlib.metadata import packages_distributions
from pathlib import Path
from zipfile import ZipFile

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("streams", "connectors", "embedded", "cli")
DATA = ("avro", "clickhouse", "grafana")
IMPORT_EVERYTHING = f"""
import importlib, pkgutil
for package in {PACKAGES!r}:
    root = importlib.import_module(package)
    for module in pkgutil.walk_packages(root.__path__, package + "."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
from streams.resources import AVRO, CLICKHOUSE, GRAFANA
assert "site-packages" in str(AVRO), AVRO
assert len(list(AVRO.glob("*.avsc"))) == {len(list((ROOT / "avro").glob("*.avsc")))}
assert list(CLICKHOUSE.glob("migrations/*.sql")) and list(CLICKHOUSE.glob("indicators/*.sql"))
assert list(GRAFANA.glob("dashboards/*.json"))
from streams.codecs.call import Call
from streams.codecs.sandbox import Limits, Sandbox
from streams.inventory.vocabulary import vocabulary
assert vocabulary()
with Sandbox(Limits(1.0, 20.0, 32 << 20, 4096)) as sandbox:
    [said] = sandbox.run([Call("", 1, bytes.fromhex("03670110"), 0, "cayenne_lpp")])
assert said.data == {{"temperature_3": 27.2}}, said
"""


def run(command: Sequence[str | Path], cwd: Path) -> str:
    """What the command says; an environment of its own, so that this checkout is not seen."""
    kept = {k: v for k, v in os.environ.items() if k not in {"VIRTUAL_ENV", "PYTHONPATH"}}
    done = subprocess.run(
        command, cwd=cwd, env=kept, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    run(["uv", "build", "--quiet", "--wheel", "--out-dir", folder], ROOT)
    return next(folder.glob("*.whl"))


def test_data_folders_never_became_packages() -> None:
    owners = packages_distributions()
    assert {name for package in PACKAGES for name in owners.get(package, ["vigie"])} == {"vigie"}
    assert [d for d in DATA if "vigie" in owners.get(d, [])] == []
    assert [p for d in DATA for p in (ROOT / d).rglob("*.py")] == []
    assert not (ROOT / "streams" / "_data").exists()


def test_the_wheel_holds_every_module_and_every_data_file(wheel: Path) -> None:
    held = set(ZipFile(wheel).namelist())
    modules = {p for package in PACKAGES for p in (ROOT / package).rglob("*.py")}
    data = {p for d in DATA for p in (ROOT / d).rglob("*") if p.is_file()}
    assert {p.relative_to(ROOT).as_posix() for p in modules} <= held
    assert {f"streams/_data/{p.relative_to(ROOT).as_posix()}" for p in data} <= held
    top = {name.split("/")[0] for name in held}
    assert {t for t in top if not t.endswith(".dist-info")} == set(PACKAGES)


def test_the_wheel_runs_with_its_run_time_dependencies_alone(wheel: Path, tmp_path: Path) -> None:
    environment = tmp_path / "venv"
    python = environment / "bin" / "python"
    run(["uv", "venv", "--quiet", "--python", sys.executable, environment], tmp_path)
    install: list[str | Path] = ["uv", "pip", "install", "--quiet", "--python", python]
    run([*install, "--require-hashes", "-r", ROOT / "requirements.txt"], tmp_path)
    run([*install, "--no-deps", wheel], tmp_path)
    assert "status" in run([environment / "bin" / "vigie", "--help"], tmp_path)
    run([python, "-c", IMPORT_EVERYTHING], tmp_path)
