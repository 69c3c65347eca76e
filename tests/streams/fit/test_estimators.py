"""The estimators beside scipy, and beside certified and published values."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import optimize, stats

from streams.errors import Skip
from streams.fit import Fit, Options
from streams.fit.deming import DEMING
from streams.fit.multilinear import MULTILINEAR, inflation, least_squares
from streams.fit.ols import OLS
from streams.fit.rma import RMA
from streams.fit.theil_sen import THEIL_SEN


def table(text: str, columns: int) -> np.ndarray:
    return np.array(text.split(), np.float64).reshape(-1, columns)


NORRIS = table(
    """0.2 0.1 337.4 338.8 118.2 118.1 884.6 888.0 10.1 9.2 226.5 228.1 666.3 668.5 996.3 998.5
    448.6 449.1 777.0 778.9 558.2 559.2 0.4 0.3 0.6 0.1 775.5 778.1 666.9 668.8 338.0 339.3
    447.5 448.9 11.6 10.8 556.0 557.7 228.1 228.3 995.8 998.0 887.6 888.8 120.2 119.6 0.3 0.3
    0.3 0.6 556.8 557.6 339.1 339.3 887.2 888.0 999.0 998.5 779.0 778.9 11.1 10.2 118.3 117.6
    229.2 228.9 669.1 668.4 448.9 449.2 0.5 0.2""",
    columns=2,
)
"""x and y of the data set Norris of the NIST Statistical Reference Datasets: calibration of ozone
monitors."""

LONGLEY = table(
    """60323 83.0 234289 2356 1590 107608 1947 61122 88.5 259426 2325 1456 108632 1948
    60171 88.2 258054 3682 1616 109773 1949 61187 89.5 284599 3351 1650 110929 1950
    63221 96.2 328975 2099 3099 112075 1951 63639 98.1 346999 1932 3594 113270 1952
    64989 99.0 365385 1870 3547 115094 1953 63761 100.0 363112 3578 3350 116219 1954
    66019 101.2 397469 2904 3048 117388 1955 67857 104.6 419180 2822 2857 118734 1956
    68169 108.4 442769 2936 2798 120445 1957 66513 110.8 444546 4681 2637 121950 1958
    68655 112.6 482704 3813 2552 123366 1959 69564 114.2 502601 3931 2514 125368 1960
    69331 115.7 518173 4806 2572 127852 1961 70551 116.9 554894 4007 2827 130081 1962""",
    columns=7,
)
"""y and six predictors of the data set Longley of NIST, made to be ill-conditioned."""

PEARSON = (
    np.array([0.0, 0.9, 1.8, 2.6, 3.3, 4.4, 5.2, 6.1, 6.5, 7.4]),
    np.array([5.9, 5.4, 4.4, 4.6, 3.5, 3.7, 2.8, 2.8, 2.4, 1.5]),
)
"""K. Pearson, "On lines and planes of closest fit", Philosophical Magazine 2 (1901) 559–572."""

values = st.floats(-100, 100).map(lambda v: round(v, 3))
points = st.lists(st.tuples(values, values), min_size=3, max_size=40)


def line(fit: Fit) -> tuple[float, float]:
    return fit.coefficients["sensor"], fit.coefficients["intercept"]


def test_ols_gives_the_certified_values_of_norris() -> None:
    x, y = NORRIS.T
    fit = OLS.fit({"sensor": x}, y, Options())
    assert line(fit) == pytest.approx((1.00211681802045, -0.262323073774029), rel=1e-12)
    assert fit.standard_errors == pytest.approx(
        {"intercept": 0.232818234301152, "sensor": 0.429796848199937e-03}, rel=1e-11
    )


def test_the_covariance_of_a_line_is_that_of_a_plane_of_one_column() -> None:
    x, y = NORRIS.T
    fit = OLS.fit({"sensor": x}, y, Options())
    assert fit.covariance == pytest.approx(least_squares({"sensor": x}, y).covariance, rel=1e-9)


def test_least_squares_give_the_certified_values_of_longley() -> None:
    names = [f"x{i}" for i in range(1, 7)]
    fit = least_squares(dict(zip(names, LONGLEY.T[1:], strict=True)), LONGLEY[:, 0])
    certified = {
        "intercept": (-3482258.63459582, 890420.383607373),
        "x1": (15.0618722713733, 84.9149257747669),
        "x2": (-0.358191792925910e-01, 0.334910077722432e-01),
        "x3": (-2.02022980381683, 0.488399681651699),
        "x4": (-1.03322686717359, 0.214274163161675),
        "x5": (-0.511041056535807e-01, 0.226073200069370),
        "x6": (1829.15146461355, 455.478499142212),
    }
    assert fit.coefficients == pytest.approx({n: c for n, (c, _) in certified.items()}, rel=1e-8)
    assert fit.standard_errors == pytest.approx({n: e for n, (_, e) in certified.items()}, rel=1e-8)


def test_deming_gives_the_line_that_pearson_published() -> None:
    x, y = PEARSON
    slope, intercept = line(DEMING.fit({"sensor": x}, y, Options()))
    assert (round(slope, 3), round(intercept, 3)) == (-0.546, 5.784)


@given(points)
def test_ols_agrees_with_scipy(given_points: list[tuple[float, float]]) -> None:
    x, y = np.array(given_points).T
    assume(np.ptp(x) > 0.01 and np.ptp(y) > 0)
    fit, theirs = OLS.fit({"sensor": x}, y, Options()), stats.linregress(x, y)
    assert line(fit) == pytest.approx((theirs.slope, theirs.intercept), rel=1e-8, abs=1e-7)
    of_slope, of_intercept = _exact_errors(given_points)
    assert fit.standard_errors["sensor"] == pytest.approx(of_slope, rel=1e-5, abs=1e-7)
    assert fit.standard_errors["intercept"] == pytest.approx(of_intercept, rel=1e-5, abs=1e-5)


def _exact_errors(given_points: list[tuple[float, float]]) -> tuple[float, float]:
    """Of slope and intercept, in fractions: scipy takes them from 1 − r², of which nothing is
    left where the points lie on a line."""
    x, y = ([Fraction(value) for value in axis] for axis in zip(*given_points, strict=True))
    n, mx, my = len(x), sum(x) / len(x), sum(y) / len(y)
    sxx = sum((a - mx) ** 2 for a in x)
    slope = sum((a - mx) * (b - my) for a, b in zip(x, y, strict=True)) / sxx
    left = sum((b - my - slope * (a - mx)) ** 2 for a, b in zip(x, y, strict=True)) / (n - 2)
    return math.sqrt(left / sxx), math.sqrt(left * (Fraction(1, n) + mx**2 / sxx))


@given(points, st.sampled_from(["separate", "joint"]), st.sampled_from([0.9, 0.95, 0.99]))
def test_theil_sen_agrees_with_scipy(
    given_points: list[tuple[float, float]], intercept: str, confidence: float
) -> None:
    x, y = np.array(given_points).T
    assume(np.ptp(x) > 0)
    options = Options(intercept=intercept, confidence=confidence)  # type: ignore[arg-type]
    fit = THEIL_SEN.fit({"sensor": x}, y, options)
    with np.errstate(invalid="ignore"):  # ties can make its variance negative; then it gives none
        theirs = stats.theilslopes(y, x, confidence, method=intercept)
    assert line(fit) == pytest.approx((theirs.slope, theirs.intercept), rel=1e-9, abs=1e-9)
    assume(not math.isnan(theirs.low_slope))
    assert fit.interval == pytest.approx((theirs.low_slope, theirs.high_slope), rel=1e-9, abs=1e-9)


@settings(max_examples=40)
@given(st.integers(0, 10_000), st.sampled_from([0.25, 1.0, 4.0]))
def test_deming_agrees_with_what_scipy_minimises(seed: int, ratio: float) -> None:
    """The sum of squares in both directions, each over the variance of its errors."""
    rng = np.random.default_rng(seed)
    truth = rng.uniform(0, 50, 60)
    x, y = truth + rng.normal(0, 2, 60), 3 + 0.8 * truth + rng.normal(0, 2, 60)

    def distance(slope: float) -> float:
        residual = y - y.mean() - slope * (x - x.mean())
        return float((residual**2).sum() / (ratio + slope**2))

    least = optimize.minimize_scalar(distance, bounds=(0.1, 3.0), options={"xatol": 1e-10})
    slope, intercept = line(DEMING.fit({"sensor": x}, y, Options(error_ratio=ratio)))
    assert slope == pytest.approx(least.x, rel=1e-6)
    assert intercept == pytest.approx(y.mean() - least.x * x.mean(), rel=1e-5)


@given(points, st.floats(0.01, 100))
def test_deming_is_symmetric_in_its_two_sides(
    given_points: list[tuple[float, float]], ratio: float
) -> None:
    """x on y with 1/λ is the same line: the inverted λ of some texts would not be."""
    x, y = np.array(given_points).T
    assume(np.ptp(x) > 0.01 and np.ptp(y) > 0.01 and abs(np.corrcoef(x, y)[0, 1]) > 0.01)
    slope, _ = line(DEMING.fit({"sensor": x}, y, Options(error_ratio=ratio)))
    back, _ = line(DEMING.fit({"sensor": y}, x, Options(error_ratio=1 / ratio)))
    assert slope * back == pytest.approx(1.0, rel=1e-6)


def test_a_large_or_small_ratio_is_one_of_the_two_regressions() -> None:
    x, y = NORRIS.T
    b, _ = line(OLS.fit({"sensor": x}, y, Options()))
    inverse, _ = line(OLS.fit({"sensor": y}, x, Options()))
    assert line(DEMING.fit({"sensor": x}, y, Options(error_ratio=1e9)))[0] == pytest.approx(b)
    low = line(DEMING.fit({"sensor": x}, y, Options(error_ratio=1e-9)))[0]
    assert low == pytest.approx(1 / inverse)


@given(points)
def test_rma_is_the_ratio_of_the_spreads(given_points: list[tuple[float, float]]) -> None:
    x, y = np.array(given_points).T
    assume(np.ptp(x) > 0.01 and np.ptp(y) > 0.01)
    r = stats.pearsonr(x, y).statistic
    assume(abs(r) > 1e-6)
    slope, intercept = line(RMA.fit({"sensor": x}, y, Options()))
    assert slope == pytest.approx(math.copysign(np.std(y) / np.std(x), r), rel=1e-9)
    assert intercept == pytest.approx(np.mean(y) - slope * np.mean(x), rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("estimator", [DEMING, RMA], ids=lambda e: e.name)
def test_the_jackknife_tells_how_far_a_slope_spreads(estimator: object) -> None:
    """Beside the spread of 400 repeated experiments of known errors."""
    rng = np.random.default_rng(1)
    truth = rng.uniform(0, 50, 80)
    found, told = [], []
    for _ in range(400):
        x, y = truth + rng.normal(0, 2, 80), 3 + 0.8 * truth + rng.normal(0, 2, 80)
        fit = estimator.fit({"sensor": x}, y, Options())  # type: ignore[attr-defined]
        found.append(fit.coefficients["sensor"])
        told.append(fit.standard_errors["sensor"])
    assert np.mean(told) == pytest.approx(np.std(found), rel=0.1)


def test_the_jackknife_is_leaving_one_out() -> None:
    x, y = PEARSON
    fit = DEMING.fit({"sensor": x}, y, Options())
    keep = ~np.eye(len(x), dtype=bool)
    lines = [DEMING.fit({"sensor": x[k]}, y[k], Options()).coefficients for k in keep]
    left = np.array([list(coefficients.values()) for coefficients in lines])
    n = len(x)
    assert fit.covariance == pytest.approx((n - 1) ** 2 / n * np.cov(left.T), rel=1e-6)


def test_outliers_hardly_move_theil_sen() -> None:
    x = np.arange(50.0)
    y = 2.0 + 0.5 * x
    y[40:] = -100.0
    assert line(THEIL_SEN.fit({"sensor": x}, y, Options()))[0] == pytest.approx(0.5)
    assert line(OLS.fit({"sensor": x}, y, Options()))[0] < 0.0


def weather(n: int = 300) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(3)
    return {
        "sensor": rng.uniform(5, 60, n),
        "temperature": rng.uniform(-5, 35, n),
        "humidity": rng.uniform(30, 90, n),
    }


def test_multilinear_finds_the_plane_it_was_given() -> None:
    columns = weather()
    s, t, h = columns.values()
    y = 5.75 + 0.524 * s + 0.1 * t - 0.0862 * h + 0.002 * t * h
    fit = MULTILINEAR.fit(columns, y, Options(interaction=True))
    assert fit.coefficients == pytest.approx(
        {
            "intercept": 5.75,
            "sensor": 0.524,
            "temperature": 0.1,
            "humidity": -0.0862,
            "interaction": 0.002,
        }
    )
    assert fit.predict(columns) == pytest.approx(y)
    assert not fit.dropped


def test_a_column_that_the_others_say_is_left_out() -> None:
    columns = weather()
    noise = np.random.default_rng(4).normal(0, 0.5, 300)
    columns["humidity"] = 90.0 - 1.5 * columns["temperature"] + noise
    y = 1.0 + 0.5 * columns["sensor"]
    fit = MULTILINEAR.fit(columns, y, Options())
    [(name, factor)] = fit.dropped.items()
    assert name in ("temperature", "humidity")
    assert factor > 100
    assert max(fit.inflation.values()) < 1.1
    columns["humidity"] = 90.0 - columns["temperature"]
    assert inflation(columns)["humidity"] == math.inf


def test_the_inflation_is_that_of_a_correlation_of_two() -> None:
    """1 / (1 − r²)."""
    x, y = PEARSON
    r = np.corrcoef(x, y)[0, 1]
    assert inflation({"sensor": x, "humidity": y}) == pytest.approx(
        dict.fromkeys(("sensor", "humidity"), 1 / (1 - r * r))
    )
    assert inflation({"sensor": x}) == {"sensor": 1.0}


@pytest.mark.parametrize("estimator", [OLS, DEMING, RMA, THEIL_SEN, MULTILINEAR])
@pytest.mark.parametrize(
    ("x", "y", "reason"),
    [([], [], "too_few"), ([1, 2], [1, 2], "too_few"), ([4] * 9, range(9), "constant")],
)
def test_what_says_nothing_is_refused(estimator: object, x: list, y: list, reason: str) -> None:
    columns = {"sensor": np.array(x, np.float64)}
    with pytest.raises(Skip) as raised:
        estimator.fit(columns, np.array(y, np.float64), Options())  # type: ignore[attr-defined]
    assert raised.value.reason == reason


@pytest.mark.parametrize("estimator", [DEMING, RMA])
def test_no_line_through_what_does_not_vary_together(estimator: object) -> None:
    square = {"sensor": np.array([0.0, 0.0, 1.0, 1.0])}
    with pytest.raises(Skip, match="do not vary together"):
        estimator.fit(square, np.array([0.0, 1.0, 0.0, 1.0]), Options())  # type: ignore[attr-defined]


def test_theil_sen_says_when_it_is_too_many() -> None:
    x = np.arange(10_001.0)
    with pytest.raises(Skip, match="means of an hour"):
        THEIL_SEN.fit({"sensor": x}, x, Options())
