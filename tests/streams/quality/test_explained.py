"""The numbers that a test gives for a flag are those from which the flag follows: derived from them
alone, one sample at a time, it is the flag of the check."""

import math
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings

import streams.quality
from streams.discover import discover
from streams.quality import (
    FAIL,
    GOOD,
    MISSING,
    SECOND,
    SUSPECT,
    UNKNOWN,
    Columns,
    Flags,
    Floats,
    QualityTest,
    micros,
)
from streams.quality.counter_index import CounterIndex

TESTS = discover(streams.quality, QualityTest)
START = 1_767_567_480 * SECOND  # two minutes to midnight in Paris
Numbers = Mapping[str, Any]


def _graded(found: float | None, suspect: float | None, fail: float | None) -> int:
    if found is None:
        return UNKNOWN
    if fail is not None and found > fail:
        return FAIL
    return SUSPECT if suspect is not None and found > suspect else GOOD


def _span(value: float, suspect: Any, fail: Any) -> int:
    for span, flag in ((fail, FAIL), (suspect, SUSPECT)):
        if span and not span[0] <= value <= span[1]:
            return flag
    return GOOD


def _attenuated(n: Numbers, p: Any) -> int:
    if n["strength"] is None:
        return UNKNOWN
    return FAIL if n["strength"] < p.fail else SUSPECT if n["strength"] < p.suspect else GOOD


def _climatology(n: Numbers, p: Any) -> int:
    if n["member"] is None:
        return UNKNOWN
    member = p.members[n["member"]]
    low, high = member.when
    number = n[member.period]
    inside = low <= number <= high if low <= high else number >= low or number <= high
    return _span(n["value"], member.suspect, member.fail) if inside else -1


def _counter(n: Numbers, p: CounterIndex) -> int:
    if n["rise"] is None:
        return UNKNOWN
    if n["rise"] >= 0:
        return FAIL if n["rise"] > n["most"] else GOOD
    backwards = -n["rise"] <= p.q_min * n["hours"]
    return SUSPECT if backwards or 0 <= n["value"] <= n["most"] else FAIL


def _flat(n: Numbers, p: Any) -> int:
    for name, flag in (("fail_spread", FAIL), ("suspect_spread", SUSPECT)):
        if n[name] is not None and n[name] < p.tolerance and not n["rests"]:
            return flag
    return UNKNOWN if n["suspect_spread"] is None and n["fail_spread"] is None else GOOD


def _date(n: Numbers, p: Any) -> int:
    early = p.earliest is not None and n["time_us"] < p.earliest.timestamp() * SECOND
    late = p.latest is not None and n["time_us"] > p.latest.timestamp() * SECOND
    return FAIL if early or late or n["ahead_s"] > p.ahead else GOOD


def _location(n: Numbers, p: Any) -> int:
    lat, lon = n["latitude"], n["longitude"]
    if lat is None and lon is None:
        return UNKNOWN
    if lat is None or lon is None or abs(lat) > 90 or abs(lon) > 180:
        return FAIL
    away = n["away_m"] is not None and n["away_m"] > p.radius
    return SUSPECT if away or (n["moved_m"] is not None and n["moved_m"] > p.jump) else GOOD


def _multivariate(n: Numbers, p: Any) -> int:
    if any(x is not None and x > p.tolerance for x in n.values()):
        return SUSPECT
    return UNKNOWN if None in n.values() else GOOD


def _neighbours(n: Numbers, p: Any, x: float) -> int:
    if n["peers"] < p.least:
        return UNKNOWN
    return SUSPECT if abs(x - n["median"]) > n["limit"] else GOOD


def _stuck(n: Numbers, p: Any) -> int:
    for threshold, flag in ((p.fail, FAIL), (p.suspect, SUSPECT)):
        if n["expected"] is not None and n["expected"] > -math.log(threshold):
            return flag
    return GOOD


def _syntax(n: Numbers, p: Any) -> int:
    if n["size_bytes"] is None:
        return UNKNOWN
    return GOOD if n["size_bytes"] in p.sizes else FAIL


def _clock(n: Numbers, p: Any) -> int:
    off = n["offset_s"]
    return _graded(None if off is None else abs(off), p.suspect, p.fail)


FROM: Mapping[str, Callable[..., int]] = {
    "attenuated_signal": _attenuated,
    "climatology": _climatology,
    "clock": _clock,
    "counter_index": _counter,
    "data_reception": lambda n, p: _graded(n["delay_s"], p.suspect, p.fail),
    "energy_balance": lambda n, p: _graded(n["excess"], p.resolution, None),
    "flat_line": _flat,
    "gross_range": lambda n, p: _span(n["value"], p.suspect, p.fail),
    "impossible_date": _date,
    "location": _location,
    "multivariate": _multivariate,
    "neighbours": _neighbours,
    "rate_of_change": lambda n, p: _graded(n["rate"], p.suspect, p.fail),
    "spike": lambda n, p: _graded(n["deviation"], p.suspect or None, p.fail or None),
    "stuck_zero": _stuck,
    "syntax": _syntax,
    "time_gap": lambda n, p: _graded(n["gap_s"], p.suspect, p.fail),
}

PARAMS: Mapping[str, list[dict[str, Any]]] = {
    "attenuated_signal": [
        {"period": 50, "suspect": 2, "fail": 0.8},
        {"period": 60, "suspect": 2, "method": "range"},
    ],
    "climatology": [
        {
            "members": [
                {"period": "hour", "when": [22, 23], "suspect": [1, 3], "fail": [0, 5]},
                {"period": "quarter", "when": [2, 3], "suspect": [2, 4]},
            ]
        }
    ],
    "clock": [{"suspect": 1, "fail": 3}],
    "counter_index": [
        {"q_max": 900, "q_min": 200, "max_gap": 60},
        {"q_max": 400, "modulus": 5, "max_gap": 30},
    ],
    "data_reception": [{"suspect": 10, "fail": 60}],
    "energy_balance": [{"power": "b", "scale": 300, "resolution": 0.5, "max_gap": 30}],
    "flat_line": [
        {"suspect": 50, "fail": 100, "tolerance": 1},
        {"suspect": 50, "fail": 50, "tolerance": 2, "rest": [0, 1]},
    ],
    "gross_range": [{"fail": [1, 5], "suspect": [2, 3]}],
    "impossible_date": [
        {"ahead": 1},
        {
            "earliest": datetime.fromtimestamp(START // SECOND + 60, UTC),
            "latest": datetime.fromtimestamp(START // SECOND + 200, UTC),
        },
    ],
    "location": [{"place": [1, 2], "radius": 150_000, "jump": 200_000, "max_gap": 30}],
    "multivariate": [
        {"at_least": ["a"], "at_most": ["b"], "tolerance": 1},
        {"sum_of": ["a", "b"], "tolerance": 1},
    ],
    "neighbours": [{"uncertainty": 0.5, "within": 60}],
    "rate_of_change": [{"suspect": 400, "fail": 900, "max_gap": 30}],
    "spike": [
        {"suspect": 1, "fail": 2, "max_gap": 30},
        {"suspect": 1, "max_gap": 60, "method": "differential"},
    ],
    "stuck_zero": [
        {"profile": [[3.0] * 24] * 7, "suspect": 0.02, "fail": 0.001, "max_gap": 40, "window": 200}
    ],
    "syntax": [{"sizes": [1, 3]}],
    "time_gap": [{"suspect": 15, "fail": 30, "memory": 40}],
}


def columns(seed: int) -> Columns:
    """A short series with gaps and holes, and what may stand beside it."""
    rng = np.random.default_rng(seed)
    size = int(rng.integers(1, 25))
    time = START + np.cumsum(rng.choice([5, 10, 20, 45], size)) * SECOND

    def numbers() -> Floats:
        drawn = rng.integers(0, rng.choice([2, 7, 14]), size) / rng.choice([1, 2])
        return np.where(rng.random(size) < 0.15, np.nan, drawn)

    names = "a", "b", "latitude", "longitude", "payload_size", "clock_offset"
    arrival = time + rng.integers(-3, 80, size) * SECOND
    peers = {f"p{i}": numbers() for i in range(rng.integers(0, 6))}
    beside, none = {name: numbers() for name in names}, np.full(size, -1)
    return Columns(time, arrival, numbers(), none, beside, peers)


def test_every_test_has_words_of_its_own() -> None:
    assert {n for n, t in TESTS.items() if t.explain} == set(TESTS) == set(FROM) == set(PARAMS)


@pytest.mark.parametrize(("name", "given_params"), [(n, p) for n, ps in PARAMS.items() for p in ps])
@settings(max_examples=60)
@given(seed=st.integers(0, 1 << 32))
def test_the_flag_follows_from_the_numbers(
    name: str, given_params: dict[str, Any], seed: int
) -> None:
    test, series = TESTS[name], columns(seed)
    params = test.params.model_validate(given_params)
    flags = test.check(series, params)
    for i, flag in enumerate(flags.tolist()):
        if math.isnan(series.value[i]):
            assert flag == MISSING
            continue
        more = (float(series.value[i]),) if name == "neighbours" else ()
        assert FROM[name](test.told(series, params, i), params, *more) == flag, i


def test_a_test_without_words_tells_all_that_it_may_have_looked_at() -> None:
    def check(series: Columns, _params: Any) -> Flags:
        return np.full(len(series.time), GOOD, np.uint8)

    test = QualityTest(
        "plain",
        streams.quality.Params,
        check,
        look_back=lambda _: micros(20),
        inputs=lambda _: ("a",),
    )
    time = START + np.array([0, 10, 30, 60]) * SECOND
    values = np.array([1.0, np.nan, 3.0, 4.0])
    series = Columns(time, time, values, np.full(4, -1), {"a": values * 2})
    assert test.told(series, streams.quality.Params(), 2) == {
        "times": [time[1], time[2]],
        "a": [None, 6.0],
        "values": [None, 3.0],
    }
