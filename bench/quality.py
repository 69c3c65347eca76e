"""Samples a second through each quality test; the ceiling is one pass of numpy's diff."""

import time
from collections.abc import Callable
from typing import Any

import numpy as np
import psutil

import streams.quality
from streams.discover import discover
from streams.quality import SECOND, Columns, QualityTest

SAMPLES = 1_000_000
PERIOD = 900
START = 1_767_571_200
"""2026-01-05 00:00 UTC."""

_GAP = {"max_gap": 2.5 * PERIOD}
PARAMS: dict[str, dict[str, Any]] = {
    "attenuated_signal": {"period": 86_400, "suspect": 1},
    "climatology": {
        "members": [
            {"period": "month", "when": [11, 2], "suspect": [30, 90]},
            {"period": "hour", "when": [22, 5], "suspect": [30, 80]},
        ]
    },
    "counter_index": {"q_max": 200, **_GAP},
    "energy_balance": _GAP,
    "flat_line": {"suspect": 10_800, "fail": 86_400, "tolerance": 0.2},
    "gross_range": {"fail": [20, 130], "suspect": [30, 110]},
    "location": {"place": [48.85, 2.35], "jump": 100},
    "multivariate": {"at_least": ["power"]},
    "neighbours": {"uncertainty": 1, "within": 300},
    "rate_of_change": {"suspect": 40, **_GAP},
    "spike": {"suspect": 15, "fail": 30, **_GAP},
    "stuck_zero": {"profile": [[3.0] * 24] * 7, **_GAP},
    "syntax": {"sizes": [11, 12]},
    "time_gap": {"fail": 7200},
}


def _columns() -> Columns:
    """Twenty-eight years, a tenth of a percent missing, as many gaps; ten neighbours."""
    rng = np.random.default_rng(1)
    step = np.where(rng.random(SAMPLES) < 0.001, 6 * PERIOD, PERIOD)
    at = (START + np.cumsum(step)) * SECOND
    value = rng.normal(60, 5, SAMPLES).round(1)
    value[rng.random(SAMPLES) < 0.001] = np.nan
    siblings = {
        "power": value - 1,
        "payload_size": rng.integers(11, 14, SAMPLES).astype(np.float64),
        "clock_offset": rng.normal(0, 100, SAMPLES),
        "latitude": rng.normal(48.85, 0.0001, SAMPLES),
        "longitude": rng.normal(2.35, 0.0001, SAMPLES),
    }
    peers = {str(i): rng.normal(60, 5, SAMPLES) for i in range(10)}
    return Columns(at, at + 2 * SECOND, value, np.arange(SAMPLES), siblings, peers)


def _rate(run: Callable[[], object]) -> float:
    """Samples a second, the best of two: the first one warms caches."""
    taken = []
    for _ in range(2):
        start = time.perf_counter()
        run()
        taken.append(time.perf_counter() - start)
    return SAMPLES / min(taken)


def run() -> dict[str, float]:
    """``rate`` is all tests after one another, then each; samples a second."""
    columns = _columns()
    rates = {}
    for name, test in discover(streams.quality, QualityTest).items():
        params = test.params.model_validate(PARAMS.get(name, {}))
        rates[name] = _rate(lambda t=test, p=params: t.check(columns, p))  # type: ignore[misc]
    rate = 1 / sum(1 / each for each in rates.values())
    ceiling = _rate(lambda: np.diff(columns.value))
    return {
        "rate": round(rate),
        "ceiling": round(ceiling),
        "ratio": round(rate / ceiling, 6),
        **{name: round(each) for name, each in rates.items()},
        "rss_mib": round(psutil.Process().memory_info().rss / 2**20),
    }
