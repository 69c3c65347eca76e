"""The commands of the page on calibration run, and its example is an inventory's."""

import re
import shlex
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from typer.main import get_command
from typer.testing import CliRunner

from cli.main import build
from streams import inventory
from streams.segment import KINDS
from tools.docs import FOLDER

TEXT = (FOLDER / "calibration.md").read_text("utf-8")
LINES = re.findall(r"^uv run vigie (calibration .*)$", TEXT, re.MULTILINE)
STORED = [
    line.replace("\\\n", " ")
    for line in re.findall(r"^\$ vigie (calibration (?:.*\\\n)*.*)$", TEXT, re.MULTILINE)
]


def _given() -> dict[str, str]:
    rng = np.random.default_rng(1)
    x, warm, wet = rng.uniform(5, 60, 60), rng.uniform(0, 30, 60), rng.uniform(30, 90, 60)
    rows = (
        f"{s:.2f},{2 + s / 2:.2f},{t:.1f},{h:.1f}" for s, t, h in zip(x, warm, wet, strict=True)
    )
    return {
        "pairs.csv": "\n".join(["sensor,reference,temperature,humidity", *rows]),
        "counts.csv": "sensor,reference\n50,40\n80,100\n",
    }


@pytest.mark.parametrize("line", LINES)
def test_a_command_of_the_page_runs(
    line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    arguments, _, file = line.partition(" < ")
    done = CliRunner().invoke(build(), shlex.split(arguments), input=_given()[file])
    assert done.exit_code == 0, done.exception
    assert done.stdout
    assert list(tmp_path.iterdir()) == ([tmp_path / "fit.svg"] if "--plot" in line else [])


def test_every_command_of_the_page_is_tried() -> None:
    assert len(LINES) + len(STORED) == TEXT.count("vigie calibration") > 8


@pytest.mark.parametrize("line", STORED)
def test_a_command_over_the_store_has_these_options(line: str) -> None:
    """What it does is held in test_calibration_stored.py, on real servers."""
    words = shlex.split(line)
    whole: Any = get_command(build())
    command = whole.commands["calibration"].commands[words[1]]
    known = {name for param in command.params for name in param.opts}
    asked = {word for word in words if word.startswith("--")}
    assert asked
    assert asked <= known


def test_the_examples_are_objects_that_can_be_used() -> None:
    blocks = re.findall(r"```yaml\n(.*?)```", TEXT, re.DOTALL)
    found = [
        (kind, one) for b in blocks for kind, some in yaml.safe_load(b).items() for one in some
    ]
    declared = [inventory.KINDS[kind].model_validate(one) for kind, one in found]
    assert {kind for kind, _ in found} == {"calibration", "maintenance"}
    for one in declared:
        if isinstance(one, inventory.Calibration):
            KINDS[one.kind].parse(one.params)
