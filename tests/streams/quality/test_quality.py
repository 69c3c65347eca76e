"""The contract that every quality test inherits, and the precedence of flags."""

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import streams.quality
from streams.discover import discover
from streams.quality import Columns, QualityTest, aggregate

TESTS = discover(streams.quality, QualityTest)
PARAMS: dict[str, dict[str, Any]] = {
    "attenuated_signal": {"period": 4000, "suspect": 1.0, "fail": 0.1},
    "climatology": {"members": [{"period": "hour", "when": [22, 5], "suspect": [0, 20]}]},
    "clock": {},
    "counter_index": {"q_max": 200, "q_min": 8, "modulus": 150, "max_gap": 2250},
    "data_reception": {"suspect": 600, "fail": 1200},
    "energy_balance": {"power": "power", "scale": 1, "max_gap": 2250},
    "flat_line": {"suspect": 3000, "fail": 4500, "tolerance": 0.2},
    "gross_range": {"fail": (0, 100), "suspect": (5, 90)},
    "impossible_date": {"earliest": "2026-01-05T00:00:00Z", "ahead": 60},
    "location": {"place": [48.85, 2.35], "jump": 50, "max_gap": 2250},
    "multivariate": {"at_most": ["power"], "tolerance": 0.5},
    "neighbours": {"uncertainty": 1, "within": 300},
    "rate_of_change": {"suspect": 20, "fail": 80, "max_gap": 2250},
    "spike": {"suspect": 5, "fail": 20, "max_gap": 2250},
    "stuck_zero": {"profile": [[2.0] * 24] * 7, "max_gap": 2000, "window": 4000},
    "syntax": {"sizes": [11, 12]},
    "time_gap": {"suspect": 1100, "fail": 1300, "memory": 2250},
}
RANK = [9, 2, 1, 3, 4]
START = 1_767_571_200
"""2026-01-05 00:00 UTC, a Monday."""

samples = st.lists(
    st.tuples(
        st.integers(1, 60) | st.integers(600, 1500) | st.integers(1000, 4000),
        st.floats(-50, 150) | st.sampled_from([math.nan, 0.0, 0.0, 7.0, 7.1, 7.2, 145.0]),
        st.integers(-200, 2000),
        st.sampled_from([math.nan, 11.0, 12.0, 13.0, 400.0]),
        st.sampled_from([math.nan, 48.85, 48.8505, 48.8601]),
    ),
    max_size=20,
)
Samples = list[tuple[int, float, int, float, float]]


def columns(rows: Samples, start: int = START) -> Columns:
    step, value, delay, other, place = (
        (list(c) for c in zip(*rows, strict=True)) if rows else [[]] * 5
    )
    time = (start + np.cumsum(step, dtype=np.int64)) * 1_000_000
    arrival = time + np.array(delay, np.int64) * 1_000_000
    extra = np.array(other, np.float64)
    siblings = {
        **dict.fromkeys(("payload_size", "clock_offset", "power"), extra),
        "latitude": np.array(place, np.float64),
        "longitude": np.full(len(rows), 2.35),
    }
    peers = {f"p{i}": extra + i for i in range(4)}
    counter = np.arange(len(rows), dtype=np.int64)
    return Columns(time, arrival, np.array(value, np.float64), counter, siblings, peers)


def taken(c: Columns, rows: Any) -> Columns:
    """Those rows."""
    return Columns(
        *(column[rows] for column in (c.time, c.arrival, c.value, c.counter)),
        siblings={name: column[rows] for name, column in c.siblings.items()},
        peers={name: column[rows] for name, column in c.peers.items()},
    )


def prepared(name: str) -> tuple[QualityTest, Any]:
    return TESTS[name], TESTS[name].params.model_validate(PARAMS[name])


def test_every_test_that_is_found_is_held_to_the_contract() -> None:
    assert set(TESTS) == set(PARAMS)


@pytest.mark.parametrize("name", PARAMS)
@given(rows=samples)
def test_flags_are_of_the_scale_and_missing_is_never_good(name: str, rows: Samples) -> None:
    test, params = prepared(name)
    c = columns(rows)
    flags = test.check(c, params)
    assert flags.dtype == np.uint8
    assert len(flags) == len(rows)
    assert set(flags.tolist()) <= set(RANK)
    assert [f == 9 for f in flags.tolist()] == np.isnan(c.value).tolist()
    assert test.check(c, params).tolist() == flags.tolist()


@pytest.mark.parametrize("name", PARAMS)
@settings(max_examples=50)
@given(rows=samples, others=samples)
def test_only_samples_within_look_back_and_look_ahead_matter(
    name: str, rows: Samples, others: Samples
) -> None:
    """What else is there, before or after, is left out or is something else altogether."""
    test, params = prepared(name)
    c = columns(rows)
    flags = test.check(c, params)
    for i, t in enumerate(c.time.tolist()):
        first = np.searchsorted(c.time, t - test.look_back(params), side="left")
        last = np.searchsorted(c.time, t + test.look_ahead(params), side="right")
        near = taken(c, slice(first, last))
        assert test.check(near, params)[i - first] == flags[i]
        before = columns(others)
        end = int(near.time[0]) - (int(before.time[-1]) if others else 0) - 1
        moved = replace(before, time=before.time + end)
        moved = taken(moved, moved.time < t - test.look_back(params))
        assert test.check(_joined(moved, near), params)[len(moved.time) + i - first] == flags[i]


def _joined(a: Columns, b: Columns) -> Columns:
    def both(x: Any, y: Any) -> Any:
        return np.append(x, y)

    return Columns(
        both(a.time, b.time),
        both(a.arrival, b.arrival),
        both(a.value, b.value),
        both(a.counter, b.counter),
        {name: both(a.siblings[name], b.siblings[name]) for name in b.siblings},
        {name: both(a.peers[name], b.peers[name]) for name in b.peers},
    )


def _series(seed: int) -> Columns:
    """Samples that a window of an hour sees much of: little steps, quiet stretches, zeros, gaps."""
    rng = np.random.default_rng(seed)
    n = 120
    value = np.where(rng.random(n) < 0.5, 0.0, rng.normal(5, 5, n).round(1))
    value[40:80] = rng.choice([0.0, 0.1, 0.3], 40)
    value[80:110] = 0.0
    rows = [
        (int(step), float(x), 0, float(rng.integers(0, 9)), float(rng.choice([48.85, 48.8505])))
        for step, x in zip(rng.choice([20, 60, 300, 900, 2249], n), value, strict=True)
    ]
    return columns(rows)


@pytest.mark.parametrize(
    ("name", "side"),
    [
        (name, side)
        for name in PARAMS
        for side in ("look_back", "look_ahead")
        if getattr(TESTS[name], side)(prepared(name)[1]) and not TESTS[name].peers
    ],
)
def test_nearer_samples_alone_would_not_do(name: str, side: str) -> None:
    """A tenth less than is declared, and some flag is another: the declaration is no luxury.

    What peers are brought from is another matter: test_aligned.py.
    """
    assert any(_differs(name, side, seed) for seed in range(40))


def _differs(name: str, side: str, seed: int) -> bool:
    test, params = prepared(name)
    c = _series(seed)
    flags = test.check(c, params)
    back, ahead = test.look_back(params), test.look_ahead(params)
    back, ahead = (back * 9 // 10, ahead) if side == "look_back" else (back, ahead * 9 // 10)
    for i, t in enumerate(c.time.tolist()):
        near = (c.time >= t - back) & (c.time <= t + ahead)
        place = i - int(np.flatnonzero(near)[0])
        if test.check(taken(c, near), params)[place] != flags[i]:
            return True
    return False


@pytest.mark.parametrize("name", [n for n in PARAMS if prepared(n)[0].inputs(prepared(n)[1])])
@given(rows=samples)
def test_without_its_inputs_a_test_says_nothing(name: str, rows: Samples) -> None:
    test, params = prepared(name)
    c = replace(columns(rows), siblings={})
    assert set(test.check(c, params).tolist()) <= {2, 9}


@pytest.mark.parametrize("name", [n for n in PARAMS if TESTS[n].peers])
@given(rows=samples)
def test_without_its_peers_a_test_says_nothing(name: str, rows: Samples) -> None:
    test, params = prepared(name)
    assert set(test.check(replace(columns(rows), peers={}), params).tolist()) <= {2, 9}


@pytest.mark.parametrize("name", PARAMS)
def test_parameters_survive_a_round_trip_and_unknown_ones_are_refused(name: str) -> None:
    params = prepared(name)[1]
    assert TESTS[name].params.model_validate(params.model_dump(mode="json")) == params
    with pytest.raises(ValueError, match="extra"):
        TESTS[name].params.model_validate({**PARAMS[name], "unknown": 1})


@given(st.lists(st.lists(st.sampled_from([0, *RANK]), min_size=3, max_size=3), max_size=5))
def test_precedence(flags: list[list[int]]) -> None:
    missing = np.array([False, False, True])
    found = aggregate([np.array(f, np.uint8) for f in flags], missing).tolist()
    for row in range(2):
        applied = [f[row] for f in flags if f[row]] or [2]
        assert found[row] == max(applied, key=RANK.index)
    assert found[2] == 9
