"""What holds for every calibration kind, found as the judgement finds them."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

import streams.calibration
from streams.calibration import SUSPECT, UNKNOWN, Calibrated, CalibrationKind, Inputs
from streams.discover import discover

KINDS = discover(streams.calibration, CalibrationKind)
DAY = 86_400_000_000
T0 = 1_790_000_000_000_000
DRIFT = {"opened": "2026-09-21T12:53:20Z", "closed": "2026-10-21T12:53:20Z", "first": 0.5}

EXAMPLES: list[tuple[str, dict[str, Any]]] = [
    ("linear", {"a": 1.5, "b": 1.1}),
    ("inverse", {"gain": 0.97, "offset": 0.3}),
    ("polynomial", {"coefficients": [1.0, 0.9, 0.01, 1e-5], "range": [0, 100]}),
    ("piecewise_linear", {"knots": [[0, 0.1], [10, 11.0], [50, 49.0]]}),
    (
        "multilinear",
        {"slope": 0.5, "temperature": 0.1, "humidity": -0.08, "interaction": 0.001},
    ),
    ("kappa_kohler", {"kappa": 0.4}),
    ("drift", DRIFT | {"last": 2.5}),
    ("drift", DRIFT | {"last": 1.5, "form": "multiplicative"}),
    ("unit", {"from": "degF", "to": "Cel"}),
    ("gas", {"gas": "NO2"}),
    ("correction_factor", {"factor": 1.12, "passages": 240, "hours": 4, "peak": True}),
]

maybe = st.one_of(st.just(math.nan), st.floats(-50, 150))
rows = st.lists(st.tuples(st.integers(-5 * DAY, 40 * DAY), maybe, maybe, maybe), max_size=40)


def ran(name: str, params: dict[str, Any], table: np.ndarray[Any, Any]) -> Calibrated:
    kind = KINDS[name]
    parsed = kind.parse(params)
    inputs = Inputs(table["at"], {"air_temperature": table["t"], "relative_humidity": table["rh"]})
    return kind.calibrate(table["x"], parsed, inputs)


def table_of(given_rows: list[tuple[int, float, float, float]]) -> np.ndarray[Any, Any]:
    table = np.array(given_rows, [("at", "i8"), ("x", "f8"), ("t", "f8"), ("rh", "f8")])
    table["at"] += T0
    return table


def test_every_kind_has_an_example() -> None:
    assert {name for name, _ in EXAMPLES} == set(KINDS)


@pytest.mark.parametrize(("name", "params"), EXAMPLES)
@given(rows, st.integers(0, 40), st.integers(0, 40))
def test_a_part_has_the_bits_that_it_has_in_the_whole(
    name: str, params: dict[str, Any], given_rows: list[Any], first: int, count: int
) -> None:
    """Live judges a few samples, the batch a month of them."""
    table = table_of(given_rows)
    part = slice(first, first + count)
    whole, alone = ran(name, params, table), ran(name, params, table[part])
    assert whole.value[part].tobytes() == alone.value.tobytes()
    assert whole.flags[part].tobytes() == alone.flags.tobytes()


@pytest.mark.parametrize(("name", "params"), EXAMPLES)
@given(rows)
def test_missing_stays_missing_and_a_flag_says_why_a_value_went_missing(
    name: str, params: dict[str, Any], given_rows: list[Any]
) -> None:
    table = table_of(given_rows)
    found = ran(name, params, table)
    assert found.value.dtype == np.float64
    assert found.flags.dtype == np.uint8
    assert found.value.shape == found.flags.shape == table.shape
    missing = np.isnan(table["x"])
    assert np.isnan(found.value[missing]).all()
    assert (found.flags[missing] == 0).all()
    lost = np.isnan(found.value) & ~missing
    assert ((found.flags == UNKNOWN) == lost).all()
    assert set(found.flags.tolist()) <= {0, UNKNOWN, SUSPECT}


@pytest.mark.parametrize(("name", "params"), EXAMPLES)
def test_an_unknown_parameter_is_refused(name: str, params: dict[str, Any]) -> None:
    KINDS[name].parse(params)
    with pytest.raises(ValidationError, match="Extra inputs"):
        KINDS[name].parse(params | {"offzet": 1.0})


@pytest.mark.parametrize(("name", "params"), [e for e in EXAMPLES if KINDS[e[0]].inputs is None])
def test_a_kind_without_inputs_needs_none(name: str, params: dict[str, Any]) -> None:
    kind = KINDS[name]
    x = np.array([1.0, math.nan, 40.0])
    alone = kind.apply(x, kind.parse(params))
    beside = kind.calibrate(x, kind.parse(params), Inputs(np.zeros(3, np.int64)))
    assert alone.tobytes() == beside.value.tobytes()
    assert kind.siblings(kind.parse(params)) == ()
