"""Window rows worked by hand."""

from typing import Any

import pytest

from tests.oracle.declared import SECOND, Declared, Frame, Measure
from tests.oracle.observations import observations
from tests.oracle.windows import Window, windows

HOUR = 3600

CITY = Declared(
    devices={"D": {"nominal_period": 450.0}, "S": {"nominal_period": 1.0}},
    properties={
        "sound": {"resolution": 0.1, "kind": "level"},
        "level": {"resolution": 0.1, "kind": "instantaneous"},
        "index": {"resolution": 1.0, "kind": "index"},
        "wind": {"resolution": 1.0, "kind": "angle"},
        "lamp": {"resolution": 1.0, "kind": "state"},
        "bikes": {"resolution": 1.0, "kind": "count"},
    },
    profiles=(
        {"id": "p", "property": "sound", "tests": {"gross_range": {"fail": [0, 100]}}},
        {"id": "q", "property": "level", "tests": {"gross_range": {"suspect": [0, 100]}}},
    ),
    configurations=({"device": "D", "nominal_period": 300.0, "from": 100 * HOUR * SECOND},),
)

Lines = list[tuple[int, float | None]]


def _windows(
    name: str, line: Lines, device: str = "D", **more: Any
) -> dict[tuple[int, int], Window]:
    """By start and duration, seconds."""
    frames = [
        Frame(bytes([i]) * 16, device, at * SECOND, at * SECOND, (Measure(name, value),))
        for i, (at, value) in enumerate(line)
    ]
    city = Declared(**{**vars(CITY), **more})
    found = windows(observations(frames, city), city)
    return {(key[3] // SECOND, key[4]): window for key, window in found.items()}


def test_a_window_is_aligned_to_utc_and_closed_at_its_start() -> None:
    found = _windows("bikes", [(899, 1.0), (900, 2.0), (1799, 3.0), (1800, 4.0), (-1, 5.0)])
    assert {key: w.unknown for key, w in found.items()} == {
        (-900, 900): 1,
        (0, 900): 1,
        (900, 900): 2,
        (1800, 900): 1,
        (-3600, 3600): 1,
        (0, 3600): 4,
    }


def test_only_good_and_not_evaluated_values_count() -> None:
    line: Lines = [(5, 4.0), (1, 2.0), (9, 101.0), (7, None)]
    assert _windows("level", line)[0, 900] == Window(
        good=2, suspect=1, missing=1, total=6.0, squares=20.0,
        least=2.0, greatest=4.0, first=2.0, last=4.0, first_at=SECOND, last_at=5 * SECOND,
        held=4.0, area=8.0,
    )  # fmt: skip


def test_levels_add_their_energy_over_the_integration_time() -> None:
    window = _windows("sound", [(0, 60.0), (450, 50.0)])[0, 900]
    assert window.exposure == 900.0
    assert window.energy == pytest.approx(1.1e6 * 450)  # LAeq = 10 lg 550,000 = 57.4 dB
    assert (window.levels, window.level_counts, window.held) == ([], [], None)


def test_a_level_window_without_a_valid_value_has_no_energy_but_zero() -> None:
    assert _windows("sound", [(0, 101.0)])[0, 900] == Window(fail=1, energy=0.0, exposure=0.0)


def test_levels_of_a_second_are_counted_by_tenths() -> None:
    window = _windows("sound", [(0, 60.04), (1, 60.05), (2, 40.0), (3, 60.1)], "S")[0, 900]
    assert (window.levels, window.level_counts) == ([400, 600, 601], [1, 1, 2])


def test_a_value_holds_until_the_next_and_is_cut_at_the_border() -> None:
    """450 s apart and 2.5 periods are 1125 s: 800 to 1900 counts, 1900 to 3026 does not."""
    found = _windows("level", [(800, 2.0), (1900, 5.0), (3026, 7.0)])
    assert {k: (w.held, w.area, w.good) for k, w in found.items() if k[1] == 900} == {
        (0, 900): (100.0, 200.0, 1),
        (900, 900): (900.0, 1800.0, 0),
        (1800, 900): (100.0, 200.0, 1),
        (2700, 900): (0.0, 0.0, 1),
    }
    hour = found[0, HOUR]
    assert (hour.held, hour.area) == (1100.0, 2200.0)


def test_the_period_is_that_of_the_time_when_it_was_measured() -> None:
    start = 100 * HOUR
    line: Lines = [(start - 1, 1.0), (start + 1100, 2.0), (start + 1900, 3.0)]
    assert _windows("level", line)[start, HOUR].held == 1100.0


def test_a_lamp_is_in_each_state_for_a_time() -> None:
    window = _windows("lamp", [(0, 0.0), (450, 1.0), (460, 1.0), (1000, 0.0), (1060, 0.4)])
    assert window[0, HOUR].states == {"0": 510.0, "1": 550.0}


def test_a_counter_that_begins_again_has_grown_by_what_it_reads() -> None:
    line: Lines = [(0, 90.0), (1, 95.0), (2, 3.0), (3, 5.0), (4, 50.0), (5, 2.0)]
    window = _windows("index", line)[0, 900]
    assert (window.increase, window.resets, window.rollovers) == (5 + 3 + 2 + 45 + 2, 2, 0)


def test_a_counter_goes_round_where_its_highest_number_is_known() -> None:
    tests = {"counter_index": {"modulus": 100.0, "q_max": 1e6, "max_gap": 100.0}}
    profiles = ({"id": "i", "property": "index", "tests": tests},)
    line: Lines = [(0, 90.0), (1, 95.0), (2, 3.0), (3, 5.0), (4, 50.0), (5, 2.0), (6, 4.0)]
    window = _windows("index", line, profiles=profiles)[0, 900]
    assert (window.suspect, window.first, window.last) == (1, 90.0, 4.0)  # the 2 is suspect
    assert (window.increase, window.resets, window.rollovers) == (5 + 8 + 2 + 45 + 4, 1, 1)


def test_a_step_across_the_border_is_in_neither() -> None:
    found = _windows("index", [(890, 1.0), (899, 2.0), (901, 10.0), (910, 11.0)])
    assert {k: w.increase for k, w in found.items()} == {
        (0, 900): 1.0,
        (900, 900): 1.0,
        (0, HOUR): 10.0,
    }


def test_north_lies_between_350_and_10_degrees() -> None:
    window = _windows("wind", [(0, 350.0), (1, 10.0)])[0, 900]
    assert window.sines == pytest.approx(0.0, abs=1e-12)
    assert window.cosines == pytest.approx(1.969615506024416)
