"""The cheap look: where it says that nothing can be found, the whole look finds nothing."""

from collections import Counter
from collections.abc import Mapping
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.condition_plan import CONDITIONS
from streams.conditions import HOUR, Evidence, Samples
from streams.quality import FAIL, GOOD, MISSING, SECOND, SUSPECT, UNKNOWN
from streams.samples import FRAME, ROW

DAY = 24 * HOUR
SINCE = 20_500 * DAY
PERIOD = 3600.0

NEEDED: dict[str, dict[str, Any]] = {
    "battery": {"cutoff": 10},
    "threshold": {"levels": [30, 40], "hysteresis": 1},
}
"""Parameters without which a kind is not looked for."""


def choice(random: Random, most: float, usual: Any, others: list[Any]) -> Any:
    """The usual, but for a share."""
    return usual if random.random() < most else random.choice(others)


def evidence(random: Random, order: float) -> Evidence:
    """Two days and what lies before them of one device and its series; ``order`` is how often a
    thing is as it should be."""
    size = random.choice((0, 1, 2, 5, 60, 60, 60))
    frames, rows = np.zeros(size, FRAME), np.zeros(size, ROW)
    at, counter, session = SINCE - random.choice((0, 6 * HOUR)), random.choice((0, 65_530)), 7
    steps, one = (
        random.choice(([0], [2, 4], [0, 2, -9, -65_000, 20_000])),
        random.choice((order, 1)),
    )
    for frame in frames:
        at += round(choice(random, order, 1, [0.1, 1.1, 1.3, 2, 3, 3.1, 30]) * PERIOD * SECOND)
        counter += choice(random, order, 1, steps)
        counter, session = max(counter, 0), choice(random, one, session, [0, 7, 8])
        frame["at"], frame["session"] = at, session
        frame["counter"] = choice(random, one, counter, [-1, counter])
        frame["arrival"] = at + choice(random, order, 1, [0, 800, 901, 9 * 3600]) * SECOND
        frame["frame"] = str(at)
    for name in ("at", "frame", "arrival"):
        rows[name] = frames[name]
    offsets = [301.0, -301.0, 299.0, np.nan]
    rows["offset"] = [choice(random, order, np.nan, offsets) for _ in range(size)]
    clock = max(int(frames["arrival"].max(initial=SINCE)), at) + random.choice((0, 2, 4)) * HOUR
    stands = [(SINCE + random.choice((-90, 5, 40)) * HOUR, random.choice((at, 1 << 62)))]
    erased = [(SINCE + 20 * HOUR, SINCE + 22 * HOUR)]
    periods = [(-(1 << 62), SINCE + DAY, PERIOD), (SINCE + DAY, 1 << 62, PERIOD / 2)]
    return Evidence(
        *(SINCE, clock, random.choice((DAY, 12 * HOUR))),
        choice(random, order, [(-(1 << 62), 1 << 62, PERIOD)], [periods]),
        frames,
        [rows],
        series(random, order, rows[rows["at"] >= SINCE]),
        choice(random, 0.5, None, [[], stands]),
        choice(random, order, [], [erased]),
        every_frame=random.random() < 0.8,
        heard=random.choice((0, SINCE - 3 * HOUR, SINCE + HOUR, clock)),
        listening=SINCE + random.choice((-99, 2)) * HOUR,
    )


def series(random: Random, order: float, rows: Any) -> Samples:
    """Some of the values are missing, high, falling, or not believed."""
    some = rows[[random.random() < (1 + order) / 2 for _ in rows]]
    some = some[random.choice((0, 0, 0, 30)) : len(some) - random.choice((0, 0, 0, 1, 2, 3))]
    n, falls, level = len(some), random.choice((0, 0, 0, 0.1, 1)), random.choice((20.0, 20.0, 11.0))
    value = np.array([choice(random, order, level, [20.5, 9.0, 31.0, 41.0]) for _ in some])
    value -= falls * np.arange(n)
    missing = np.array([random.random() > (3 + order) / 4 for _ in some], np.bool_)
    value[missing] = np.nan
    flag = np.array([choice(random, order, GOOD, [UNKNOWN, SUSPECT, FAIL]) for _ in some], np.uint8)
    flag[missing] = MISSING
    tests = {t: np.where(flag == FAIL, flag, GOOD) for t in ("flat_line", "gross_range")}
    first = choice(random, order, SINCE - 99 * DAY, [SINCE + HOUR, 1 << 62])
    return Samples(("level", ""), "m", some["at"], value, first, value, flag, tests)


def params(random: Random, kind: str) -> Mapping[str, Any]:
    """The defaults, or others."""
    others: dict[str, dict[str, Any]] = {
        "abnormal": {"count": 1, "of": 2},
        "battery": {"cutoff": 12, "explained": 0.1, "days": 300},
        "clock": {"limit": 300, "frames": 1},
        "incomplete": {"target": random.choice((0.3, 0.6, 0.9, 1.0))},
        "losses": {"share": 0, "count": random.choice((1, 4, 6))},
        "quiet": {"periods": 1, "least": 60},
        "repeats": {"share": 0.01, "count": 1},
        "silent": {"periods": 1, "least": 60},
        "threshold": {"levels": [15, 5], "side": "below", "duration": random.choice((0, 7200))},
    }
    return random.choice((NEEDED.get(kind, {}), others.get(kind, {}) or NEEDED.get(kind, {})))


def looked(seed: int) -> Counter[str]:
    """Of each kind whether it is idle, and whether anything is found."""
    random = Random(seed)
    given = evidence(random, random.choice((0.5, 0.9, 0.99, 1.0)))
    seen: Counter[str] = Counter()
    for name, kind in CONDITIONS.items():
        parsed = kind.params.model_validate(params(random, name))
        idle, found = kind.idle(given, parsed), kind.find(given, parsed, ())
        assert not (idle and found), f"{name} is idle and finds {found}"
        seen[f"{name} idle"] += idle
        seen[f"{name} found"] += bool(found)
    return seen


@settings(max_examples=300, deadline=None)
@given(st.integers(0, 1 << 32))
def test_an_idle_kind_finds_nothing(seed: int) -> None:
    looked(seed)


def test_each_kind_is_idle_of_some_and_finds_something_in_others() -> None:
    seen: Counter[str] = Counter()
    for seed in range(400):
        seen += looked(seed)
    short = {n for k in CONDITIONS for n in (f"{k} idle", f"{k} found") if seen[n] < 4}
    assert not short, seen


@pytest.mark.parametrize("name", sorted(CONDITIONS))
def test_nothing_is_looked_for_in_what_is_in_good_order(name: str) -> None:
    n = 60
    frames, rows = np.zeros(n, FRAME), np.zeros(n, ROW)
    frames["at"] = rows["at"] = at = SINCE + HOUR * np.arange(n)
    frames["arrival"], frames["counter"] = at + SECOND, np.arange(n)
    rows["offset"] = np.nan
    value, flag = np.full(n, 20.0), np.full(n, GOOD, np.uint8)
    samples = Samples(("p", ""), "m", at, value, int(at[0]), value, flag, {"flat_line": flag})
    always = [(-(1 << 62), 1 << 62, PERIOD)]
    clock = int(at[-1]) + HOUR
    seen = Evidence(SINCE, clock, DAY, always, frames, [rows], samples, heard=clock)
    kind = CONDITIONS[name]
    assert kind.idle(seen, kind.params.model_validate(NEEDED.get(name, {})))
