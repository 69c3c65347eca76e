"""Devices a second whose conditions are looked for; the ceiling is judging the same devices."""

import math
import time
from collections.abc import Callable, Iterable

import numpy as np
import psutil

from streams.conditions import WHOLE
from streams.device_state import DeviceState, Series
from streams.diagnosis import Diagnosis
from streams.inventory import Declared, Deployment, Device, Profile, Property, UseCase
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
ROUNDS = 1000
DEVICES = 1000
PART = 50
_SERIES = ("level", "humidity")
_PLACE = {"site": "s", "commune": "13055", "latitude": 43.3, "longitude": 5.4}


def _registry() -> Registry:
    flat = {"suspect": 9000, "fail": 18000, "tolerance": 0.2}
    tests = {"gross_range": {"fail": [20, 130]}, "flat_line": flat}
    watch = {"threshold": {"levels": [90, 100], "hysteresis": 2}}
    things: list[tuple[str, Declared]] = []
    for name in ("D", *_names()):
        device = Device(id=name, name=name, codec="c", use_case="u", nominal_period=900)
        things.append(("device", device))
    for name in _names():
        things.append(("deployment", _deployed(name, "2026-01-01T00:00:00Z")))
    things.append(("use_case", UseCase(id="u", title_fr="u", title_en="u")))
    for name in _SERIES:
        titles = {"title_fr": name, "title_en": name}
        things += [
            ("property", Property(id=name, unit="1", resolution=0.1, **titles)),
            ("profile", Profile(id=name, property=name, tests=tests, conditions=watch)),
        ]
    return Registry().after((kind, thing.id, thing) for kind, thing in things)


def _names() -> list[str]:
    return [f"{i:016X}" for i in range(DEVICES)]


def _deployed(device: str, since: str) -> Deployment:
    return Deployment.model_validate({"id": device, "device": device, "from": since} | _PLACE)


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


def _micros(each: Callable[[str], object], of: Iterable[str]) -> float:
    """What one costs, microseconds of this process: the least of some parts, for what else runs
    on the machine costs time of this process, too."""
    names, least = list(of), math.inf
    for i in range(0, len(names), PART):
        start = time.process_time()
        for name in names[i : i + PART]:
            each(name)
        least = min(least, time.process_time() - start)
    return 1e6 * least / PART


def _looked(registry: Registry, names: tuple[str, ...]) -> tuple[float, float, int]:
    """What it costs to look at a device of these series and to judge it, and what was said."""
    state, watched = _state(), Watched()
    state.series = {key: series for key, series in state.series.items() if key[0] in names}
    plan = DevicePlan(registry, registry.all("device")["D"])
    plans = {key: plan.series(key) for key in state.series}
    found = _diagnosis(watched, registry)
    watched.memory("D").first = dict.fromkeys(state.series, NOW - HORIZON)
    judged = _judge(state, plans)
    rounds = ["D"] * ROUNDS
    found.look("D", state, judged)
    looked = _micros(lambda name: found.look(name, state, judged), rounds)
    return looked, _micros(lambda _: _judge(state, plans), rounds), len(found.outputs)


def _diagnosis(watched: Watched, registry: Registry) -> Diagnosis:
    wire = Wire({name: i for i, name in enumerate(RECORDS, 1)}, lambda _: "")
    return Diagnosis(wire, watched, registry, HORIZON, NOW, NOW - HORIZON, NOW - HORIZON)


def _planned(registry: Registry) -> tuple[float, float]:
    """What the plan of a device costs, and what it costs to keep it when another one is moved."""
    watched = Watched()
    by = _diagnosis(watched, registry)

    def plan(name: str) -> None:
        if made := by.plan(name):
            for key in (WHOLE, *((series, "") for series in _SERIES)):
                made.kinds(key, NOW)

    new = _micros(plan, _names())
    moved = registry.having("deployment", "D", _deployed("D", "2026-02-01T00:00:00Z"))
    after = _diagnosis(watched, moved)
    return new, _micros(after.redeclared, _names())


def run() -> dict[str, float]:
    """``rate`` and ``ceiling`` in devices a second; ``micros`` what one costs, ``alone`` what one
    of a single series does, ``plan`` what it costs to resolve what is declared about one, ``kept``
    to see that it is what it was; ``said`` is that of a device of which there is nothing to say."""
    registry = _registry()
    looked, judged, said = _looked(registry, _SERIES)
    alone, _, _ = _looked(registry, _SERIES[:1])
    plan, kept = _planned(registry)
    return {
        "rate": round(1e6 / looked),
        "ceiling": round(1e6 / judged),
        "ratio": round(judged / looked, 4),
        "micros": round(looked),
        "alone": round(alone),
        "plan": round(plan),
        "kept": round(kept),
        "said": said,
        "rss_mib": round(psutil.Process().memory_info().rss / 2**20),
    }
