"""From pairs to a calibration of the inventory that the judgement applies."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import streams.calibration
from streams.calibration import CalibrationKind, Inputs
from streams.discover import discover
from streams.errors import Skip
from streams.fit import Options
from streams.fit.co_location import USUALLY, as_dict, co_locate, record
from streams.fit.deming import DEMING
from streams.fit.multilinear import MULTILINEAR
from streams.fit.ols import OLS
from streams.fit.pairs import Pairs
from streams.fit.rma import RMA
from streams.fit.theil_sen import THEIL_SEN
from streams.inventory import Calibration

KINDS = discover(streams.calibration, CalibrationKind)
HOUR = 3_600_000_000
NAMED = {"id": "A-pm2_5", "device": "A", "property": "pm2_5"}


def month(seed: int = 1) -> Pairs:
    rng = np.random.default_rng(seed)
    reference = rng.gamma(4, 4, 480)
    temperature, humidity = rng.uniform(0, 30, 480), rng.uniform(30, 90, 480)
    sensor = (reference - 5.75 + 0.0862 * humidity) / 0.524 + rng.normal(0, 0.5, 480)
    numbers = {
        "sensor": sensor,
        "reference": reference,
        "temperature": temperature,
        "humidity": humidity,
    }
    return Pairs(numbers, 1_790_000_000_000_000 + np.arange(480) * HOUR)


def test_the_record_is_a_calibration_that_gives_what_was_fitted() -> None:
    pairs = month()
    found = co_locate(pairs, OLS, Options())
    written = json.loads(json.dumps(record(found, NAMED)))
    declared = Calibration.model_validate(written)
    kind = KINDS[declared.kind]
    got = kind.apply(pairs.numbers["sensor"], kind.parse(declared.params))
    assert got == pytest.approx(found.fit.predict(found.columns))
    assert declared.range == found.range
    assert (declared.n, declared.method) == (480, "co-location")
    assert declared.fit_from is not None


@pytest.mark.parametrize("interaction", [False, True])
@pytest.mark.parametrize("around", [USUALLY, {"temperature": "board", "humidity": "cabinet"}])
def test_the_record_of_a_multilinear_fit_takes_the_weather(
    around: dict[str, str], interaction: bool
) -> None:
    pairs = month()
    found = co_locate(pairs, MULTILINEAR, Options(interaction=interaction))
    declared = Calibration.model_validate(record(found, NAMED, around))
    kind = KINDS["multilinear"]
    beside = {name: pairs.numbers[column] for column, name in around.items()}
    assert pairs.time is not None
    got = kind.calibrate(
        pairs.numbers["sensor"], kind.parse(declared.params), Inputs(pairs.time, beside)
    )
    assert got.value == pytest.approx(found.fit.predict(found.columns))
    assert found.fit.coefficients["humidity"] == pytest.approx(-0.0862, abs=0.01)
    assert declared.stage == "environment"
    ols = co_locate(pairs, OLS, Options())
    assert found.held_out is not None
    assert ols.held_out is not None
    assert found.held_out.held_out.rmse < 0.5 * ols.held_out.held_out.rmse


def test_the_interval_of_the_slope_holds_the_truth_about_as_often_as_it_says() -> None:
    """95 % of 200 experiments, give or take what 200 can tell."""
    rng = np.random.default_rng(7)
    held = 0
    for _ in range(200):
        x = rng.uniform(0, 40, 120)
        y = 2 + 0.8 * x + rng.normal(0, 3, 120)
        interval = co_locate(Pairs({"sensor": x, "reference": y}), OLS, Options()).slope_interval
        assert interval is not None
        held += interval[0] <= 0.8 <= interval[1]
    assert 180 <= held <= 199


def test_the_uncertainty_is_that_of_the_noise() -> None:
    rng = np.random.default_rng(8)
    x = rng.uniform(0, 40, 2000)
    pairs = Pairs({"sensor": x, "reference": 50 + x + rng.normal(0, 3, 2000)})
    found = co_locate(pairs, OLS, Options())
    assert found.residual_sd == pytest.approx(3.0, rel=0.05)
    assert found.u_rel == pytest.approx(100 * 6 / 70, rel=0.05)


def test_few_pairs_cost_degrees_of_freedom() -> None:
    """Four pairs and two coefficients leave two."""
    x = np.array([0.0, 1.0, 2.0, 3.0])
    off = np.array([1.0, -2.0, 1.0, 0.0])
    slope, intercept = np.polyfit(x, x + off, 1)
    found = co_locate(Pairs({"sensor": x, "reference": x + off}), OLS, Options())
    squares = ((x + off - intercept - slope * x) ** 2).sum()
    assert found.residual_sd == pytest.approx(np.sqrt(squares / 2))


def test_only_the_range_that_is_asked_for_is_fitted() -> None:
    x = np.arange(100.0)
    y = np.where(x < 50, 2 * x, 0.0)
    found = co_locate(Pairs({"sensor": x, "reference": y}), OLS, Options(), (10.0, 49.0))
    assert found.fit.coefficients["sensor"] == pytest.approx(2.0)
    assert (found.range, found.left_out) == ((10.0, 49.0), 60)


def test_incomplete_pairs_are_left_out_and_counted() -> None:
    x = np.arange(10.0)
    x[3] = np.nan
    found = co_locate(Pairs({"sensor": x, "reference": np.arange(10.0)}), OLS, Options())
    assert (found.left_out, found.errors.n) == (1, 9)


@pytest.mark.parametrize(
    ("reference", "reason"), [(np.full(5, 3.0), "constant"), (np.full(5, np.nan), "too_few")]
)
def test_a_reference_that_says_nothing_is_refused(reference: np.ndarray, reason: str) -> None:
    with pytest.raises(Skip) as raised:
        co_locate(Pairs({"sensor": np.arange(5.0), "reference": reference}), OLS, Options())
    assert raised.value.reason == reason


def test_multilinear_asks_for_the_weather() -> None:
    x = np.arange(5.0)
    with pytest.raises(Skip, match="temperature or humidity"):
        co_locate(Pairs({"sensor": x, "reference": x}), MULTILINEAR, Options())


readable = st.floats(-1e15, 1e15).map(lambda value: value if abs(value) >= 1e-100 else 0.0)


@given(st.lists(st.tuples(readable, readable), min_size=3, max_size=12))
def test_whatever_is_fitted_is_json(points: list[tuple[float, float]]) -> None:
    x, y = np.array(points).T
    for estimator in (OLS, DEMING, RMA, THEIL_SEN):
        try:
            found = co_locate(Pairs({"sensor": x, "reference": y}), estimator, Options())
        except Skip:
            continue
        json.dumps(as_dict(found, NAMED), allow_nan=False)
