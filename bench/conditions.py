"""Devices a second whose conditions are looked for; the ceiling is judging the same devices."""

import time

import numpy as np
import psutil

from streams.device_state import DeviceState, Series
from streams.diagnosis import Diagnosis
from streams.inventory import Device, Profile, Property
from streams.judge import Judged
from streams.memory import Watched
from streams.plan import DevicePlan, SeriesPlan
from streams.registry import Registry
from streams.samples import FRAME, ROW
from streams.siblings import Together
from streams.wire import RECORDS, Wire

SECOND = 1_000_000
HORIZON = 48 * 3600 * SECOND
NOW = 1_790_000_000 * SECOND
SAMPLES = 192
"""Two days of a frame every quarter of an hour."""
ROUNDS = 300
_SERIES = ("level", "humidity")


def _registry() -> Registry:
    registry = Registry()
    flat = {"suspect": 9000, "fail": 18000, "tolerance": 0.2}
    tests = {"gross_range": {"fail": [20, 130]}, "flat_line": flat}
    watch = {"threshold": {"levels": [90, 100], "hysteresis": 2}}
    things: list[tuple[str, Device | Property | Profile]] = [
        ("device", Device(id="D", name="D", codec="c", use_case="u", nominal_period=900))
    ]
    for name in _SERIES:
        titles = {"title_fr": name, "title_en": name}
        things += [
            ("property", Property(id=name, unit="1", resolution=0.1, **titles)),
            ("profile", Profile(id=name, property=name, tests=tests, conditions=watch)),
        ]
    for kind, thing in things:
        registry = registry.having(kind, thing.id, thing)
    return registry


def _state() -> DeviceState:
    rng = np.random.default_rng(1)
    frames, rows = np.zeros(SAMPLES, FRAME), np.zeros(SAMPLES, ROW)
    at = NOW - np.arange(SAMPLES)[::-1] * 900 * SECOND
    for table in (frames, rows):
        table["at"] = table["arrival"] = at
        table["counter"] = np.arange(SAMPLES)
        table["frame"] = np.arange(SAMPLES).astype("S16")
    rows["offset"] = np.nan
    series = {}
    for name in _SERIES:
        rows["value"] = rng.normal(60, 5, SAMPLES)
        series[name, ""] = Series(rows.copy())
    return DeviceState(series, frames=frames)


def _judge(
    state: DeviceState, plans: dict[tuple[str, str], SeriesPlan]
) -> dict[tuple[str, str], Judged]:
    together = Together({key: state.series[key].rows for key in plans}, plans)
    return {key: together.judged(key) for key in plans}


def run() -> dict[str, float]:
    """``rate`` and ``ceiling`` in devices a second; ``micros`` what one costs; ``said`` is that
    of a device of which there is nothing to say."""
    registry, state, watched = _registry(), _state(), Watched()
    plan = DevicePlan(registry, registry.all("device")["D"])
    plans = {key: plan.series(key) for key in state.series}
    wire = Wire({name: i for i, name in enumerate(RECORDS, 1)}, lambda _: "")
    found = Diagnosis(wire, watched, registry, HORIZON, NOW, NOW - HORIZON, NOW - HORIZON)
    watched.memory("D").first = dict.fromkeys(state.series, NOW - HORIZON)
    judged = _judge(state, plans)
    found.look("D", state, judged)
    start = time.process_time()
    for _ in range(ROUNDS):
        found.look("D", state, judged)
    rate = ROUNDS / (time.process_time() - start)
    start = time.process_time()
    for _ in range(ROUNDS):
        _judge(state, plans)
    ceiling = ROUNDS / (time.process_time() - start)
    return {
        "rate": round(rate),
        "ceiling": round(ceiling),
        "ratio": round(rate / ceiling, 4),
        "micros": round(1e6 / rate),
        "said": len(found.outputs),
        "rss_mib": round(psutil.Process().memory_info().rss / 2**20),
    }
