"""Any order, duplication, lateness, batching and loss of the worker ends in the oracle's rows."""

from collections.abc import Sequence
from random import Random
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from streams.handler import Record
from streams.registry import Registry
from tests.agreement.core import Core, declared, record, registry, tick
from tests.oracle.declared import SECOND, Declared, Frame, Measure
from tests.oracle.differences import differences
from tests.oracle.observations import observations
from tests.oracle.windows import windows

HOUR = 3600 * SECOND
DAY = 24 * HOUR
MIDNIGHT = 20_600 * DAY
DEVICES = ("A840410000000001", "A840410000000002")
CUT = MIDNIGHT + 17 * 60 * SECOND
"""Where a calibration ends and a profile begins: inside a window, not at its edge."""

_TESTS = {
    "gross_range": {"fail": [0.0, 100.0], "suspect": [10.0, 90.0]},
    "spike": {"suspect": 3.0, "fail": 12.0, "max_gap": 1000.0},
    "flat_line": {"suspect": 1100.0, "fail": 2300.0, "tolerance": 0.5},
}
_LINEAR = {"device": DEVICES[0], "property": "level", "kind": "linear", "range": [5.0, 80.0]}
_CUT = "2026-05-27T00:17:00Z"
_OTHERS = {
    "id": "e",
    "device": DEVICES[0],
    "property": "sound",
    "stage": "environment",
    "kind": "multilinear",
    "params": {
        "intercept": 1.0,
        "slope": 0.5,
        "temperature": 0.25,
        "temperature_property": "level",
        "tolerance": 400.0,
    },
}
"""The sound of a device is corrected by its level, whichever of the two comes first."""
_CLEANED: dict[str, Any] = {
    "id": "m",
    "device": DEVICES[1],
    "what": "cleaned",
    "who": "the operator",
    "from": "2026-05-27T00:00:00Z",
    "affects": [
        {"to": _CUT, "quality": "suspect"},
        {"from": _CUT, "property": "level", "quality": "bad"},
        {"property": "sound", "quality": "none"},
    ],
}
_METER = {"counter_index": {"modulus": 100.0, "q_max": 5000.0, "q_min": 1.0, "max_gap": 1000.0}}
_FASTER = {"id": "k", "device": DEVICES[0], "nominal_period": 1.0, "from": _CUT}
"""Each level stands for a second from then on, and no value holds longer than two and a half."""
_KINDS = {"meter": "index", "wind": "angle", "lamp": "state"}
_BY = {"author": "a", "reason": "r"}
_VERDICTS: tuple[dict[str, Any], ...] = (
    {"id": "v", "device": DEVICES[1], "flag": "good", "from": _CUT, **_BY},
    {"id": "w", "device": DEVICES[1], "property": "level", "flag": "unknown", "to": _CUT, **_BY},
    {"id": "x", "device": DEVICES[1], "property": "level", "channel": "2", "flag": "fail", **_BY},
)
_ITEMS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("use_case", {"id": "u", "title_fr": "u", "title_en": "u"}),
    ("property", {"id": "level", "title_fr": "", "title_en": "", "unit": "%", "resolution": 0.1}),
    (
        "property",
        {
            "id": "sound",
            "title_fr": "",
            "title_en": "",
            "unit": "dB(A)",
            "resolution": 1.0,
            "kind": "level",
        },
    ),
    *(
        (
            "device",
            {"id": d, "name": d, "codec": "c", "use_case": "u", "nominal_period": 300.0},
        )
        for d in DEVICES
    ),
    *(
        (
            "property",
            {"id": p, "title_fr": "", "title_en": "", "unit": "1", "resolution": 0.1, "kind": kind},
        )
        for p, kind in _KINDS.items()
    ),
    ("configuration", _FASTER),
    ("profile", {"id": "s", "property": "meter", "tests": _METER, "from": _CUT}),
    ("calibration", _LINEAR | {"id": "a", "params": {"a": 1.5, "b": 1.1}, "to": _CUT}),
    ("calibration", _LINEAR | {"id": "b", "params": {"a": -2.0, "b": 0.9}}),
    ("calibration", _OTHERS),
    ("maintenance", _CLEANED),
    *(("verdict", v) for v in _VERDICTS),
    ("profile", {"id": "p", "property": "level", "tests": _TESTS}),
    (
        "profile",
        {
            "id": "q",
            "property": "sound",
            "tests": {"gross_range": {"fail": [20.0, 130.0]}},
            "to": _CUT,
        },
    ),
    ("profile", {"id": "r", "property": "sound", "tests": _TESTS, "from": _CUT}),
)
REGISTRY = registry(declared(_ITEMS))


def _cut(body: dict[str, Any]) -> dict[str, Any]:
    """With the one date that occurs as an instant."""
    return {**body, **{end: CUT for end in ("from", "to") if end in body}}


NORM = Declared(
    devices={b["id"]: b for kind, b in _ITEMS if kind == "device"},
    properties={b["id"]: b for kind, b in _ITEMS if kind == "property"},
    calibrations=tuple(
        {**b, **({"to": CUT} if "to" in b else {})} for kind, b in _ITEMS if kind == "calibration"
    ),
    profiles=tuple(_cut(b) for kind, b in _ITEMS if kind == "profile"),
    effects=tuple(_cut(e) | {"device": DEVICES[1]} for e in _CLEANED["affects"]),
    verdicts=tuple(_cut(v) for v in _VERDICTS),
    configurations=(_cut(_FASTER),),
)

_values = st.one_of(
    st.none(), st.sampled_from([0.0, 3.0, 50.0, 50.3, 90.0, 97.0, 100.0]), st.floats(-20.0, 140.0)
)


_SERIES = [("level", ""), ("level", "2"), ("sound", ""), *((name, "") for name in _KINDS)]


@st.composite
def _measures(draw: st.DrawFn, at: int) -> tuple[Measure, ...]:
    names = draw(st.sets(st.sampled_from(_SERIES), max_size=4))
    own = st.sampled_from([None, None, at - 30 * SECOND, at + 1])
    return tuple(
        Measure(name, draw(_values), channel, draw(own)) for name, channel in sorted(names)
    )


@st.composite
def _frames(draw: st.DrawFn, span: int, late: int) -> list[Frame]:
    """Copies of frames of two devices over ``span``, each at most ``late`` after its samples."""
    frames: list[Frame] = []
    for _ in range(draw(st.integers(1, 24))):
        frame_id = draw(st.binary(min_size=2, max_size=2)) + bytes(14)
        device = draw(st.sampled_from(DEVICES))
        if any(f.frame_id == frame_id for f in frames):
            continue
        grid = draw(st.integers(0, span // (300 * SECOND))) * 300 * SECOND
        at = MIDNIGHT - span // 2 + grid + draw(st.sampled_from([0, 0, 1, 7 * SECOND]))
        for version in draw(st.lists(st.integers(0, 2), min_size=1, max_size=3)):
            said = [f for f in frames if (f.frame_id, f.decode_version) == (frame_id, version)]
            measures = said[0].measures if said else draw(_measures(at))
            arrival = at + draw(st.integers(1, late))
            frames.append(Frame(frame_id, device, arrival, at, measures, version))
    return frames


def _run(frames: Sequence[Frame], rng: Random, horizon: int, former: Registry = REGISTRY) -> Core:
    """In batches of any size, with ticks, and a new worker now and then; ``former`` is what is
    declared at first."""
    core = Core(former, horizon)
    place, turn = 0, rng.randint(0, len(frames))
    while place < len(frames):
        if place >= turn:
            core.registry = REGISTRY
        size = rng.randint(1, 5)
        batch = [record(f) for f in frames[place : place + size]]
        if rng.random() < 0.5:
            batch.append(tick(max(f.arrival for f in frames[: place + size])))
        core.run(batch)
        place += size
        if rng.random() < 0.3:
            core.restart()
    return core


def _disagreement(frames: list[Frame], core: Core) -> list[str]:
    rows = observations(frames, NORM)
    of_rows = differences(rows, core.said.current("Observation"))
    return of_rows + differences(windows(rows, NORM), core.said.current("Window"))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(frames=_frames(span=3 * HOUR, late=6 * HOUR), rng=st.randoms(use_true_random=False))
def test_the_rows_are_those_of_the_set_of_frames(frames: list[Frame], rng: Random) -> None:
    rng.shuffle(frames)
    core = _run(frames, rng, 48 * HOUR)
    assert _disagreement(frames, core) == []
    assert core.said.faults == []
    assert (core.said.letters, core.said.pending) == (0, set())


FORMER = (
    REGISTRY.having("configuration", "k", None)
    .having("calibration", "a", None)
    .having("profile", "s", None)
    .having("verdict", "w", None)
)
"""Other periods, values, flags and readings of the meters."""


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(frames=_frames(span=3 * HOUR, late=6 * HOUR), rng=st.randoms(use_true_random=False))
def test_whenever_something_else_is_declared_the_rows_are_those_of_what_is_declared_last(
    frames: list[Frame], rng: Random
) -> None:
    rng.shuffle(frames)
    core = _run(frames, rng, 48 * HOUR, FORMER)
    core.registry = REGISTRY
    core.run([tick(max(f.arrival for f in frames))])
    assert _disagreement(frames, core) == []
    assert core.said.faults == []


def _of_batch(device: str, at: int, core: Core) -> bool:
    """Whether a run of the batch over the pending days writes this row: what it writes is the day
    and what the day influences, back by a look-ahead, a value that holds and a window, onward by
    two look-backs and a value that holds."""
    near = at + 6000 * SECOND, at, at - 5000 * SECOND
    return any((device, instant // DAY) in core.said.pending for instant in near)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(frames=_frames(span=6 * HOUR, late=3 * HOUR), rng=st.randoms(use_true_random=False))
def test_what_live_may_no_longer_write_is_on_a_pending_day(
    frames: list[Frame], rng: Random
) -> None:
    frames.sort(key=lambda frame: frame.arrival)
    core = _run(frames, rng, 2 * HOUR)
    rows = observations(frames, NORM)
    norm: dict[str, dict[Any, Any]] = {"Observation": {**rows}, "Window": {**windows(rows, NORM)}}
    for name, wanted in norm.items():
        found = core.said.current(name)
        for key in wanted.keys() | found.keys():
            if not _of_batch(key[0], key[3], core):
                here = {key: wanted[key]} if key in wanted else {}
                there = {key: found[key]} if key in found else {}
                assert differences(here, there) == []
    assert core.said.faults == []


def test_a_change_of_the_inventory_is_said_though_nothing_came_that_can_be_read() -> None:
    frame = Frame(b"f" * 16, DEVICES[0], MIDNIGHT + 1, MIDNIGHT, (Measure("level", 50.0),))
    core = _run([frame], Random(1), 48 * HOUR)
    core.registry = core.registry.having("calibration", "b", None)
    core.run([Record("readings", 0, 9, None, b"junk")])
    (row,) = core.said.current("Observation").values()
    assert (row["value"], row["calibrations"]) == (56.5, ["a"])


def test_a_backlog_that_is_judged_in_one_go_makes_nothing_late() -> None:
    instants = [MIDNIGHT + n * 30 * HOUR for n in range(4)]
    frames = [
        Frame(bytes([n]) * 16, DEVICES[0], at + 1, at, (Measure("level", 50.0),))
        for n, at in enumerate(instants, 1)
    ]
    core = Core(REGISTRY, 48 * HOUR)
    core.run([record(frame) for frame in frames])
    assert (_disagreement(frames, core), core.said.pending) == ([], set())
