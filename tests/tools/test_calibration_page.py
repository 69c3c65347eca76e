"""The commands of the page on calibration run, and its example is an inventory's."""

import re
import shlex
from pathlib import Path

import numpy as np
import pytest
import yaml
from typer.testing import CliRunner

from cli.main import build
from streams.inventory import Calibration
from streams.plan import KINDS
from tools.docs import FOLDER

TEXT = (FOLDER / "calibration.md").read_text("utf-8")
LINES = re.findall(r"^uv run vigie (calibration .*)$", TEXT, re.MULTILINE)


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
    assert len(LINES) == TEXT.count("vigie calibration") > 8


def test_the_example_is_a_calibration_that_can_be_used() -> None:
    [block] = re.findall(r"```yaml\n(.*?)```", TEXT, re.DOTALL)
    [one] = yaml.safe_load(block)["calibration"]
    declared = Calibration.model_validate(one)
    KINDS[declared.kind].parse(declared.params)
