"""Samples a second through each calibration kind; the ceiling is one multiplication by numpy."""

import time
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import psutil

import streams.calibration
from streams.calibration import CalibrationKind, Inputs
from streams.discover import discover

SAMPLES = 1_000_000
START = 1_767_571_200_000_000
"""2026-01-05 00:00 UTC."""

PARAMS: dict[str, dict[str, Any]] = {
    "linear": {"a": 1.0, "b": 1.01},
    "inverse": {"gain": 0.97, "offset": 0.3},
    "polynomial": {"coefficients": [1.0, 0.9, 0.001, 1e-6], "range": [0, 200]},
    "piecewise_linear": {"knots": [[x, 1.02 * x] for x in range(0, 200, 20)]},
    "multilinear": {"slope": 0.524, "humidity": -0.0862, "interaction": 0.001},
    "kappa_kohler": {"kappa": 0.4},
    "drift": {"opened": "2026-01-05T00:00:00Z", "closed": "2027-01-05T00:00:00Z", "last": 2.0},
    "unit": {"from": "degF", "to": "Cel"},
    "gas": {"gas": "NO2"},
    "correction_factor": {"factor": 1.1, "passages": 200, "hours": 3, "peak": True},
}


def run() -> dict[str, float]:
    """``rate`` of the slowest kind, that of each, and ``ceiling``, in samples a second."""
    rng = np.random.default_rng(1)
    x = rng.uniform(0, 200, SAMPLES)
    siblings = {
        "air_temperature": rng.uniform(-5, 35, SAMPLES),
        "relative_humidity": rng.uniform(20, 100, SAMPLES),
    }
    inputs = Inputs(START + np.arange(SAMPLES) * 30_000_000, siblings)
    rates: dict[str, int] = {}
    for name, kind in discover(streams.calibration, CalibrationKind).items():
        rates[name] = _rate(partial(kind.calibrate, x, kind.parse(PARAMS[name]), inputs))
    ceiling = _rate(partial(np.multiply, x, 1.01))
    rate = min(rates.values())
    return {
        "rate": rate,
        "ceiling": ceiling,
        "ratio": round(rate / ceiling, 4),
        **rates,
        "rss_mib": round(psutil.Process().memory_info().rss / 2**20),
    }


def _rate(once: Callable[[], object]) -> int:
    """Samples a second, the best of three: the first one warms caches."""
    taken = []
    for _ in range(3):
        start = time.perf_counter()
        once()
        taken.append(time.perf_counter() - start)
    return round(SAMPLES / min(taken))
