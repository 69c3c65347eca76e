"""What nobody declared a profile for is judged by the defaults, a fortnight back where they look
that far, and a neighbour that looks back for hours keeps no fortnight."""

from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.agreement.core import Core, declared, record, registry, tick
from tests.oracle.declared import SECOND, Declared, Frame, Measure
from tests.oracle.differences import differences
from tests.oracle.observations import observations

HOUR = 3600 * SECOND
DAY = 24 * HOUR
MIDNIGHT = 20_600 * DAY
CONTAINER, METER = "A840410000000001", "A840410000000002"
PERIOD = 6 * 3600.0
_TITLES = {"title_fr": "", "title_en": ""}
_PROPERTIES = (
    {"id": "fill_level", "unit": "%", "resolution": 0.1, **_TITLES},
    {"id": "sound", "unit": "dB(A)", "resolution": 1.0, **_TITLES},
)
_DEVICE = {"codec": "c", "use_case": "u", "nominal_period": PERIOD}
_DEVICES = tuple({"id": d, "name": d, **_DEVICE} for d in (CONTAINER, METER))
_SOUND = {"id": "s", "property": "sound", "tests": {"gross_range": {"fail": [20.0, 130.0]}}}
_ITEMS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("use_case", {"id": "u", **_TITLES}),
    *(("property", p) for p in _PROPERTIES),
    *(("device", d) for d in _DEVICES),
    ("profile", _SOUND),
)
REGISTRY = registry(declared(_ITEMS))
_FLAT = {"suspect": 604_800.0, "fail": 1_209_600.0, "tolerance": 0.5}
_FILL = {"gross_range": {"fail": [0.0, 100.0], "suspect": [0.0, 98.0]}, "flat_line": _FLAT}
NORM = Declared(
    devices={str(d["id"]): d for d in _DEVICES},
    properties={str(p["id"]): p for p in _PROPERTIES},
    profiles=(_SOUND, {"id": "f", "property": "fill_level", "tests": _FILL}),
)
"""To the oracle the thresholds are a profile like any other."""


@st.composite
def _history(draw: st.DrawFn) -> list[Frame]:
    """Twenty days of a container that hardly fills and of a meter, each frame up to 40 h late."""
    turns = draw(st.sets(st.integers(0, 80), max_size=2))
    late = Random(draw(st.integers(0, 1 << 30)))
    value, frames = 50.0, []
    for n in range(81):
        value += 7.0 if n in turns else 0.0
        at = MIDNIGHT + n * 6 * HOUR
        for i, measure in enumerate((Measure("fill_level", value), Measure("sound", 50.0 + n))):
            arrival = at + late.choice([1, 1, 1, late.randrange(1, 40 * HOUR)])
            device = (CONTAINER, METER)[i]
            frames.append(Frame(bytes([n + 1, i]) * 8, device, arrival, at, (measure,)))
    return frames


def _run(frames: list[Frame], rng: Random) -> Core:
    core, place = Core(REGISTRY, 48 * HOUR), 0
    while place < len(frames):
        size = rng.randint(1, 12)
        batch = frames[place : place + size]
        core.run([*map(record, batch), tick(max(f.arrival for f in batch))])
        place += size
        if rng.random() < 0.1:
            core.restart()
    return core


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(frames=_history(), rng=st.randoms(use_true_random=False))
def test_rows_without_a_profile_are_the_oracle_s_by_the_defaults(
    frames: list[Frame], rng: Random
) -> None:
    frames.sort(key=lambda frame: frame.arrival)
    core = _run(frames, rng)
    assert differences(observations(frames, NORM), core.said.current("Observation")) == []
    assert (core.said.faults, core.said.letters, core.said.pending) == ([], 0, set())


def _hours(core: Core, device: str) -> int:
    return sum(key.startswith(b"chunk/") and key.endswith(device.encode()) for key in core.stored)


def _still(days: int) -> list[Frame]:
    """A container and a meter that say the same all the time."""
    both = (Measure("fill_level", 50.0), CONTAINER), (Measure("sound", 50.0), METER)
    return [
        Frame(bytes([n + 1, i]) * 8, device, at + 1, at, (measure,))
        for n, at in enumerate(range(MIDNIGHT, MIDNIGHT + days * DAY, 6 * HOUR))
        for i, (measure, device) in enumerate(both)
    ]


def test_each_device_s_samples_are_kept_as_far_back_as_its_own_tests_look() -> None:
    core = _run(_still(24), Random(3))
    days = _hours(core, CONTAINER) / 4, _hours(core, METER) / 4
    assert days == (pytest.approx(16, abs=0.5), pytest.approx(2, abs=0.5))


def test_what_is_forgotten_of_a_device_leaves_no_reach_behind() -> None:
    core = _run(_still(2), Random(3))
    core.run([tick(MIDNIGHT + 30 * DAY)])
    assert [key for key in core.stored if key.startswith((b"chunk/", b"reach/"))] == []


@pytest.mark.parametrize("restarted", [False, True])
def test_a_profile_that_goes_leaves_pending_what_the_defaults_cannot_see_any_more(
    restarted: bool,
) -> None:
    core = Core(REGISTRY.having("profile", "f", _none()), 48 * HOUR)
    for frame in _still(24):
        core.run([record(frame)])
    if restarted:
        core.restart()
    core.registry = REGISTRY
    core.run([tick(core.clock)])
    since = core.clock - 48 * HOUR
    days = range(since // DAY, (since + 14 * DAY) // DAY + 1)
    assert core.said.pending == {(CONTAINER, day) for day in days}


def test_how_far_all_devices_together_were_kept_counts_for_each() -> None:
    """Before each had a reach of its own there was one for all."""
    core = Core(REGISTRY.having("profile", "f", _none()), 48 * HOUR)
    for frame in _still(3):
        core.run([record(frame)])
    own = [key for key in core.stored if key.startswith(b"reach/")]
    assert len(own) == 2
    for key in own:
        del core.stored[key]
    core.stored[b"reach"] = b"%d" % (DAY)
    core.registry = REGISTRY
    core.restart()
    core.run([tick(core.clock)])
    assert {device for device, _ in core.said.pending} == {CONTAINER}


def _none() -> Any:
    body = {"id": "f", "property": "fill_level", "tests": {}}
    ((_, profile),) = declared([("profile", body)])
    return profile
