"""``vigie calibration`` as an operator and a script meet it."""

import json
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
import yaml
from typer.testing import CliRunner, Result

from cli.main import build
from streams.errors import Stop
from streams.inventory import Calibration
from tests.cli.command_line import vigie

FIT = ("calibration", "fit", "--output", "json")
EVALUATE = ("calibration", "evaluate", "--output", "json")
COMMANDS = build()


def run(*arguments: str, given: bytes) -> Result:
    """The command in this process: thirty starts of another would take a minute."""
    return CliRunner().invoke(COMMANDS, arguments, input=given)


def pairs(n: int = 200, seed: int = 1) -> bytes:
    """reference = 2 + 0.5 · sensor, nearly, an hour each; temperature has no say."""
    rng = np.random.default_rng(seed)
    sensor = rng.uniform(5, 60, n)
    reference = 2 + 0.5 * sensor + rng.normal(0, 0.3, n)
    warm = rng.uniform(0, 30, n)
    rows = [
        f"2026-03-{1 + i // 24:02}T{i % 24:02}:00:00Z,{s:.3f},{r:.3f},{t:.1f}"
        for i, (s, r, t) in enumerate(zip(sensor, reference, warm, strict=True))
    ]
    return "\n".join(["time,sensor,reference,temperature", *rows]).encode()


@pytest.mark.parametrize("method", ["ols", "deming", "rma", "theil-sen", "multilinear"])
def test_every_method_finds_the_line(method: str) -> None:
    done = run(*FIT, "--method", method, "--device", "A1", "--property", "pm2_5", given=pairs())
    assert (done.exit_code, done.stderr) == (0, "")
    told = json.loads(done.stdout)
    assert told["slope"] == pytest.approx(0.5, abs=0.01)
    assert told["intercept"] == pytest.approx(2.0, abs=0.3)
    assert (told["n"], told["cross_validation"]["block"]) == (200, "day")
    declared = Calibration.model_validate(told["record"])
    assert (declared.device, declared.property, declared.id) == (
        "A1",
        "pm2_5",
        f"A1-pm2_5-{method}",
    )


def test_for_people_the_record_is_what_the_inventory_takes(tmp_path: Path) -> None:
    picture = tmp_path / "fit.svg"
    done = vigie("calibration", "fit", "--plot", str(picture), given=pairs())
    assert done.returncode == 0
    head, _, record = done.stdout.decode().partition("calibration:\n")
    assert "cross validation" in head.replace("_", " ")
    [calibration] = yaml.safe_load("calibration:\n" + record)["calibration"]
    assert calibration["kind"] == "linear"
    assert calibration["params"]["b"] == pytest.approx(0.5, abs=0.01)
    assert ElementTree.parse(picture).getroot().tag.endswith("svg")  # noqa: S314


def test_a_method_may_be_written_as_code_writes_it() -> None:
    told = json.loads(run(*FIT, "--method", "Theil_Sen", given=pairs()).stdout)
    assert told["method"] == "theil-sen"


def test_lambda_confidence_and_range_change_the_fit() -> None:
    def fitted(*options: str) -> dict[str, object]:
        told: dict[str, object] = json.loads(run(*FIT, *options, given=pairs()).stdout)
        return told

    one, four = fitted("--method=deming"), fitted("--method=deming", "--lambda=400")
    assert one["slope"] != four["slope"]
    assert fitted("--range=20,30")["n"] < 100  # type: ignore[operator]
    narrow, wide = (fitted(f"--confidence={c}")["slope_interval"] for c in (0.5, 0.99))
    assert narrow[0] > wide[0]  # type: ignore[index]


@pytest.mark.parametrize(
    ("given_pairs", "said"),
    [
        (b"", "nothing was given"),
        (b"sensor,reference\n1,2\n3,4\n", "2 complete pairs are too few: at least 3"),
        (b"sensor,reference\n1,2\n1,3\n1,4\n", "sensor is 1 in every pair"),
        (b"sensor,reference\n1,nan\n,3\n1,4\n", "1 complete pairs are too few"),
        (b"sensor,reference\n1,2\n3\n", "line 3 has 1 columns"),
        (b"sensor,reference\n1,\xff\n", "is no number"),
        (b"\x00\x01\n", "no column 'sensor'"),
    ],
)
def test_pairs_that_say_too_little_end_with_1_and_the_reason(given_pairs: bytes, said: str) -> None:
    done = run(*FIT, given=given_pairs)
    assert done.stdout == ""
    assert isinstance(done.exception, Stop)
    assert said in str(done.exception)


def test_the_reason_is_a_line_and_no_traceback() -> None:
    done = vigie(*FIT, given=b"sensor,reference\n1,2\n")
    assert (done.returncode, done.stdout) == (1, b"")
    assert done.stderr == b"vigie: 1 complete pairs are too few: at least 3 are needed\n"


@pytest.mark.parametrize(
    "options",
    [
        ("fit", "--method", "magic"),
        ("fit", "--range", "5"),
        ("fit", "--range", "5,1"),
        ("fit", "--lambda", "0"),
        ("fit", "--intercept", "none"),
        ("fit", "--temperature", "board_temperature"),
        ("evaluate", "--pollutant", "H2O"),
        ("evaluate", "--counts", "--pollutant", "O3"),
    ],
)
def test_wrong_usage_ends_with_2(options: tuple[str, ...]) -> None:
    done = run("calibration", *options, given=pairs())
    assert (done.exit_code, done.stdout) == (2, "")
    assert options[-2].lstrip("-") in done.stderr


def test_a_plot_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    done = run(*FIT, "--plot", str(tmp_path / "absent" / "fit.svg"), given=pairs())
    assert done.stdout == ""
    assert isinstance(done.exception, Stop)
    assert "absent/fit.svg" in str(done.exception)


def test_what_is_left_out_for_its_inflation_is_said() -> None:
    rows = [f"{i},{2 * i + i % 7},{i % 7},{50 - (i % 7)}" for i in range(30)]
    text = "\n".join(["sensor,reference,temperature,humidity", *rows]).encode()
    done = run(*FIT, "--method", "multilinear", given=text)
    assert "was left out" in done.stderr
    assert list(json.loads(done.stdout)["dropped"]) in (["temperature"], ["humidity"])


def test_evaluate_compares_with_the_targets_of_a_pollutant() -> None:
    told = json.loads(run(*EVALUATE, "--pollutant", "PM2.5", given=pairs()).stdout)
    assert told["slope"] == pytest.approx(2.0, abs=0.02)
    assert {v["metric"]: v["met"] for v in told["targets"]}["slope"] is False
    assert told["met"] is False


def test_evaluate_takes_units_side_by_side() -> None:
    rows = [f"{x + d},{x},{unit}" for unit, d in (("A", -1), ("B", 1)) for x in range(10, 40)]
    text = "\n".join(["sensor,reference,unit", *rows]).encode()
    told = json.loads(run(*EVALUATE, "--pollutant=O3", given=text).stdout)
    assert told["sd"] == pytest.approx((60 / 59) ** 0.5)
    assert told["met"] is True
    shown = run("calibration", "evaluate", "--pollutant=O3", given=text)
    assert shown.exit_code == 0
    assert "targets" in shown.stdout


def test_counts_give_geh_and_a_factor_where_it_may_be_applied() -> None:
    text = b"sensor,reference\n50,40\n80,100\n45,60\n"
    told = json.loads(run(*EVALUATE, "--counts", "--peak", given=text).stdout)
    assert told["geh"] == pytest.approx([1.4907, 2.1082, 2.0702], abs=1e-4)
    assert told["record"]["params"]["factor"] == pytest.approx(200 / 175)
    short = json.loads(run(*EVALUATE, "--counts", "--interval=900", given=text).stdout)
    assert (short["factor"], short["record"]) == (None, None)
    assert short["factor_refused"] == "0.75 h are fewer than 2, no peak is known of"
    wrong = run(*EVALUATE, "--counts", given=b"sensor,reference\n-1,2\n")
    assert "below 0" in str(wrong.exception)
