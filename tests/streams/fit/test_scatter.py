"""The plot as a picture: well-formed, and its points where they belong."""

from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.fit import Options, scatter
from streams.fit.co_location import co_locate
from streams.fit.multilinear import MULTILINEAR
from streams.fit.ols import OLS
from streams.fit.pairs import Pairs
from streams.fit.scatter import Axis, drawn

SVG = "{http://www.w3.org/2000/svg}"


def picture(text: str) -> ElementTree.Element:
    return ElementTree.fromstring(text)  # noqa: S314


def circles(root: ElementTree.Element) -> list[tuple[float, float]]:
    return [(float(c.get("cx", "")), float(c.get("cy", ""))) for c in root.iter(f"{SVG}circle")]


def test_points_lie_where_the_axes_say_and_the_line_where_it_was_fitted() -> None:
    x = np.array([0.0, 50.0, 100.0])
    root = picture(scatter.scatter(x, x, 0.0, 1.0, "a < b", ("sensor", "reference")))
    (x0, y0), (x1, y1), (x2, y2) = circles(root)
    assert (x1 - x0, y1 - y0) == pytest.approx((x2 - x1, y2 - y1), abs=0.11)
    assert x0 < x1
    assert y0 > y1
    *_, fitted = (p.get("d") for p in root.iter(f"{SVG}path"))
    assert fitted == f"M{x0} {y0}L{x2} {y2}"
    words = [t.text for t in root.iter(f"{SVG}text")]
    assert {"a < b", "sensor", "reference", "0", "100"} <= set(words)


@given(st.floats(-1e9, 1e9), st.floats(1e-6, 1e9))
def test_ticks_are_few_round_and_within(low: float, width: float) -> None:
    high = low + width
    if high - low < 1e-9 * max(abs(low), abs(high)):
        return
    ticks = Axis(low, high, 0.0, 1.0).ticks()
    assert 3 <= len(ticks) <= 9
    assert ticks[0] >= low - 1e-6 * width
    assert ticks[-1] <= high + 1e-6 * width


def test_of_many_points_evenly_many_are_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scatter, "MOST", 100)
    x = np.arange(1000.0)
    assert len(circles(picture(scatter.scatter(x, x, 0, 1, "", ("", ""))))) == 100


def test_a_fit_is_drawn_with_what_it_says() -> None:
    x = np.arange(10.0)
    found = co_locate(Pairs({"sensor": x, "reference": 5 - 2 * x}), OLS, Options())
    words = [t.text for t in picture(drawn(found)).iter(f"{SVG}text")]
    assert words[-1] is not None
    assert words[-1].startswith("reference = 5 − 2 · sensor (ols, n 10, R² 1.000, RMSE ")


def test_a_fit_on_the_weather_is_drawn_against_what_it_corrects_to() -> None:
    rng = np.random.default_rng(1)
    x, t = rng.uniform(0, 9, 30), rng.uniform(0, 9, 30)
    pairs = Pairs({"sensor": x, "reference": x + t, "temperature": t})
    root = picture(drawn(co_locate(pairs, MULTILINEAR, Options())))
    assert "corrected" in [t.text for t in root.iter(f"{SVG}text")]


def test_a_constant_column_has_an_axis() -> None:
    x = np.arange(3.0)
    picture(scatter.scatter(x, np.zeros(3), 0, 0, "", ("", "")))
    picture(scatter.scatter(x, np.full(3, -7.0), -7, 0, "", ("", "")))
