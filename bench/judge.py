"""Samples a second through the judgement; the ceiling is one pass of numpy over them."""

import time

import numpy as np
import psutil

from streams.inventory import Calibration, Device, Profile, Property
from streams.judge import judge
from streams.plan import DevicePlan
from streams.registry import Registry
from streams.samples import ROW

SAMPLES = 500_000
SECOND = 1_000_000


def _registry() -> Registry:
    tests = {
        "gross_range": {"fail": [20, 130], "suspect": [30, 110]},
        "spike": {"suspect": 15, "fail": 30, "max_gap": 2250},
        "flat_line": {"suspect": 9000, "fail": 18000, "tolerance": 0.2},
    }
    declared = {
        "property": Property(
            id="p", title_fr="p", title_en="p", unit="dB(A)", kind="level", resolution=0.1
        ),
        "device": Device(id="D", name="D", codec="c", use_case="noise", nominal_period=900),
        "calibration": Calibration(
            id="c", device="D", property="p", kind="linear", params={"a": 1.0, "b": 1.01}
        ),
        "profile": Profile(id="f", property="p", tests=tests),
    }
    registry = Registry()
    for kind, thing in declared.items():
        registry = registry.having(kind, thing.id, thing)
    return registry


def run() -> dict[str, float]:
    """``rate`` and ``ceiling`` in samples a second, ``rss_mib`` of this process."""
    registry = _registry()
    plan = DevicePlan(registry, registry.all("device")["D"]).series(("p", ""))
    rng = np.random.default_rng(1)
    rows = np.zeros(SAMPLES, ROW)
    rows["at"] = 1_790_000_000 * SECOND + np.arange(SAMPLES) * 900 * SECOND
    rows["value"] = rng.normal(60, 5, SAMPLES)
    rows["frame"] = np.arange(SAMPLES).astype("S16")
    judge(rows[:1000], plan)
    start = time.perf_counter()
    judged = judge(rows, plan)
    rate = SAMPLES / (time.perf_counter() - start)
    start = time.perf_counter()
    for _ in range(10):
        np.floor((1.0 + 1.01 * rows["value"]) * 100.0 + 0.5) / 100.0
    ceiling = 10 * SAMPLES / (time.perf_counter() - start)
    return {
        "rate": round(rate),
        "ceiling": round(ceiling),
        "ratio": round(rate / ceiling, 4),
        "windows": sum(len(of.start) for of in judged.windows),
        "rss_mib": round(psutil.Process().memory_info().rss / 2**20),
    }
