"""A sensor, and units of one, beside a reference."""

import json

import numpy as np
import pytest

from streams.errors import Skip
from streams.fit.evaluation import evaluate
from streams.fit.pairs import Pairs, read

DAYS = np.arange(30)
TRUTH = 10.0 + (DAYS % 7) * 4.0


def units(*lines: tuple[float, float], times: bool = True) -> Pairs:
    """Units side by side, each intercept + slope · reference."""
    sensor = np.concatenate([a + b * TRUTH for a, b in lines])
    names = np.repeat([f"U{i}" for i in range(len(lines))], 30)
    time = np.tile(DAYS * 86_400_000_000, len(lines)) if times else None
    return Pairs({"sensor": sensor, "reference": np.tile(TRUTH, len(lines))}, time, names)


def test_the_sensor_is_a_function_of_the_reference() -> None:
    found = evaluate(Pairs({"sensor": 2.0 + 1.1 * TRUTH, "reference": TRUTH}), "PM2.5")
    told = found.as_dict()
    assert (told["slope"], told["intercept"], told["r2"]) == pytest.approx((1.1, 2.0, 1.0))
    assert told["mbe"] == pytest.approx((2.0 + 0.1 * TRUTH).mean())
    assert {v["metric"]: v["met"] for v in told["targets"]} == {
        "slope": True,
        "intercept": True,
        "r2": True,
        "rmse": True,
        "nrmse": True,
        "sd": None,
        "cv": None,
    }
    assert told["met"] is None
    json.dumps(told, allow_nan=False)


def test_every_unit_must_meet_the_target() -> None:
    found = evaluate(units((0, 1.3), (0, 1.3), (0, 1.4)), "PM2.5")
    told = found.as_dict()
    assert told["slope"] == pytest.approx(4.0 / 3)
    [slope] = [v for v in found.verdicts if v.metric == "slope"]
    assert (slope.value, slope.met) == (pytest.approx(1.4), False)
    assert told["met"] is False
    assert [u["unit"] for u in told["units"]] == ["U0", "U1", "U2"]


def test_the_worst_unit_is_the_farthest_from_the_reference_on_either_side() -> None:
    found = evaluate(units((-6, 1.1), (0, 0.6), (5, 1.0)), "PM2.5")
    assert {v.metric: v.value for v in found.verdicts[:2]} == pytest.approx(
        {"slope": 0.6, "intercept": -6.0}
    )


@pytest.mark.parametrize("times", [True, False])
def test_precision_is_between_units_of_the_same_time(times: bool) -> None:
    told = evaluate(units((-1, 1), (0, 1), (1, 1), times=times), "PM2.5").as_dict()
    assert told["sd"] == pytest.approx(np.sqrt(30 * 2 / 89))
    assert told["cv"] == pytest.approx(100 * told["sd"] / TRUTH.mean())
    assert told["met"] is True


def test_rows_of_units_go_together_by_their_time() -> None:
    """Whatever the order of the rows; a time at which one unit says nothing does not count."""
    pairs = units((-1, 1), (1, 1))
    mixed = pairs.where(np.random.default_rng(1).permutation(60))  # type: ignore[arg-type]
    assert evaluate(mixed).precision == evaluate(pairs).precision
    kept = np.ones(60, np.bool_)
    kept[3] = False
    fewer = evaluate(pairs.where(kept)).precision
    assert fewer is not None
    assert fewer.intervals == 29
    assert evaluate(units((0, 1), (1, 1), times=False).where(kept)).precision is None


def test_two_rows_of_a_unit_at_one_time_are_refused() -> None:
    pairs = units((0, 1), (1, 1))
    assert pairs.time is not None
    pairs.time[4] = pairs.time[3]
    with pytest.raises(Skip, match="two rows of the same time"):
        evaluate(pairs)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("sensor,reference\n,1\n2,\n", "no pair is complete"),
        ("sensor,reference\n1,1\n2,2\n", "2 complete pairs are too few"),
        ("sensor,reference\n1,5\n2,5\n3,5\n", "reference is 5 in every pair"),
        ("sensor,reference,unit\n1,5,A\n2,6,A\n3,7,A\n3,7,B\n", "unit B: 1 complete pairs"),
    ],
)
def test_what_cannot_be_evaluated_says_why(text: str, said: str) -> None:
    with pytest.raises(Skip, match=said):
        evaluate(read(text.splitlines()))
