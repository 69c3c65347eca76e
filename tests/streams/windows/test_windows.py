"""Windows: a function of the samples near by, to the last bit, whatever values there are."""

import math
from typing import Any, get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from streams.inventory.vocabulary import Kind
from streams.quality import SECOND
from streams.windows import DURATIONS, NONE, Entries, Line, Windows, hold, windows
from streams.windows.angles import vector

KINDS = get_args(Kind)
MIDNIGHT = 20_600 * 86_400 * SECOND

_instants = st.lists(st.integers(-7200, 7200), max_size=40, unique=True)
_usual = st.sampled_from([math.nan, 0.0, 1.0, 2.0, 40.04, 359.0, 97.0, 3.0, -5.5])


@st.composite
def _lines(draw: st.DrawFn, values: st.SearchStrategy[float] = _usual) -> Line:
    """Up to four hours around midnight, some of it with a period of a second."""
    seconds = sorted(draw(_instants))
    time = MIDNIGHT + np.array(seconds, np.int64) * SECOND
    value = np.array([draw(values) for _ in seconds], np.float64)
    drawn = [draw(st.sampled_from([1, 1, 1, 2, 3, 4])) for _ in seconds]
    flag = np.where(np.isnan(value), 9, np.array(drawn, np.uint8)).astype(np.uint8)
    period = np.where(time < MIDNIGHT, draw(st.sampled_from([1.0, 300.0, 5000.0])), 600.0)
    return Line(
        time, value, flag, period, np.full(len(time), draw(st.sampled_from([100.0, np.nan])))
    )


def _column(found: Windows, name: str) -> NDArray[Any]:
    column = found.columns[name]
    assert not isinstance(column, Entries)
    return column


def _rows(found: Windows) -> dict[int, Any]:
    """By start; floats as their bits."""
    rows = {}
    for i, start in enumerate(found.start.tolist()):
        row = {}
        for name, column in found.columns.items():
            if isinstance(column, Entries):
                row[name] = repr(column.of(i))
            else:
                row[name] = column[i].tobytes()
        rows[start] = row
    return rows


@given(st.sampled_from(KINDS), _lines(), st.integers(-8, 8))
def test_a_window_depends_on_no_sample_further_off_than_a_value_holds(
    kind: str, line: Line, quarter: int
) -> None:
    start = MIDNIGHT + quarter * 900 * SECOND
    reach = int(hold(line.period).max(initial=0))
    for i, duration in enumerate(DURATIONS):
        begin = start - start % (duration * SECOND)
        end = begin + duration * SECOND
        near = (line.time >= begin - reach) & (line.time < end + reach)
        alone = Line(
            line.time[near],
            line.value[near],
            line.flag[near],
            line.period[near],
            line.modulus[near],
        )
        whole, part = (_rows(windows(of, kind)[i]).get(begin) for of in (line, alone))
        assert whole == part


@given(st.sampled_from(KINDS), _lines(st.floats()))
def test_any_value_is_added_up(kind: str, line: Line) -> None:
    for found in windows(line, kind):
        counts = ("good", "unknown", "suspect", "fail", "missing")
        assert sum(_column(found, name).sum() for name in counts) == len(line.time)
        assert np.diff(found.start).min(initial=1 << 62) >= found.duration * SECOND
        sums = {"total", "squares", "energy", "area", "increase", "sines"} & found.columns.keys()
        assert all(np.isfinite(_column(found, name)).all() for name in sums)


@given(_lines(), st.sampled_from(DURATIONS))
def test_time_is_held_once_and_never_more_than_there_is(line: Line, duration: int) -> None:
    found = windows(line, "state")[DURATIONS.index(duration)]
    held = _column(found, "held")
    assert all(0 <= seconds <= duration for seconds in held.tolist())
    states = found.columns["states"]
    assert isinstance(states, Entries)
    for i, seconds in enumerate(held.tolist()):
        assert sum(number for _, number in states.of(i)) == pytest.approx(seconds)
    other = windows(line, "instantaneous")[DURATIONS.index(duration)]
    assert held.tobytes() == _column(other, "held").tobytes()


@given(_lines())
def test_quarters_and_hours_hold_the_same(line: Line) -> None:
    quarters, hours = windows(line, "instantaneous")
    for name in ("good", "missing", "held", "total"):
        sums = (_column(found, name).sum() for found in (quarters, hours))
        assert next(sums) == pytest.approx(next(sums))


def test_what_does_not_apply_to_a_kind_is_not_there() -> None:
    line = Line(*(np.empty(0, t) for t in (np.int64, float, np.uint8, float, float)))
    own = {kind: set(windows(line, kind)[0].columns) for kind in KINDS}
    common = set.intersection(*own.values())
    assert {kind: names - common for kind, names in own.items()} == {
        "instantaneous": {"held", "area"},
        "count": set(),
        "index": {"increase", "resets", "rollovers"},
        "level": {"energy", "exposure", "levels"},
        "angle": {"sines", "cosines"},
        "state": {"held", "area", "states"},
    }


def test_a_window_without_a_usable_value_has_no_ends() -> None:
    line = _line([(0, 5.0)], flag=4)
    for found in windows(line, "instantaneous"):
        assert [_column(found, n)[0] for n in ("first_at", "last_at")] == [NONE, NONE]
        for name in ("least", "greatest", "first", "last"):
            assert math.isnan(_column(found, name)[0])


def test_right_angles_are_exact() -> None:
    wanted = {0.0: (0, 1), 90.0: (1, 0), 180.0: (0, -1), 270.0: (-1, 0), 360.0: (0, 1)}
    assert {degrees: vector(degrees) for degrees in wanted} == wanted
    assert vector(-90.0) == (-1, 0)
    assert vector(30.0) == pytest.approx((0.5, math.sqrt(0.75)))


def test_a_value_holds_two_and_a_half_periods_and_three_hours_at_most() -> None:
    periods = np.array([0.1, 900.0, 4320.0, 86_400.0])
    assert hold(periods).tolist() == [250_000, 2250 * SECOND, 10_800 * SECOND, 10_800 * SECOND]


def _line(samples: list[tuple[int, float]], flag: int = 1, period: float = 600.0) -> Line:
    size = len(samples)
    time = MIDNIGHT + np.array([at for at, _ in samples], np.int64) * SECOND
    value = np.array([value for _, value in samples])
    flags = np.full(size, flag, np.uint8)
    return Line(time, value, flags, np.full(size, period), np.full(size, np.nan))


def test_a_table_is_known_by_its_content() -> None:
    def word(*samples: tuple[int, float]) -> int:
        column = windows(_line(list(samples), period=1.0), "level")[1].columns["levels"]
        assert isinstance(column, Entries)
        return int(column.words()[0])

    assert word((0, 60.0), (5, 61.0)) == word((7, 61.0), (9, 60.0))
    words = {word((0, 60.0)), word((0, 60.0), (1, 60.0)), word((0, 60.1)), word((0, 150.0))}
    assert len(words) == 4
