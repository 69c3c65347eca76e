"""Observation rows worked by hand."""

import math
from typing import Any

import pytest

from tests.oracle.declared import SECOND, Declared, Frame, Measure
from tests.oracle.observations import Row, observations, rounded

MINUTE = 60 * SECOND
DEVICE = "A81758FFFE000001"


def _declared(
    tests: dict[str, Any] | None = None, calibrations: tuple[dict[str, Any], ...] = ()
) -> Declared:
    profiles = () if tests is None else ({"id": "p", "property": "level", "tests": tests},)
    return Declared(
        devices={DEVICE: {"nominal_period": 900.0}},
        properties={"level": {"resolution": 0.1, "unit": "%", "kind": "instantaneous"}},
        calibrations=calibrations,
        profiles=profiles,
    )


def _frame(
    n: int, at: int, value: float | None, *, arrival: int | None = None, version: int = 0
) -> Frame:
    name = bytes([n]) * 16
    came = at + SECOND if arrival is None else arrival
    return Frame(name, DEVICE, came, at, (Measure("level", value),), version)


def _line(rows: dict[tuple[str, str, str, int], Row]) -> list[Row]:
    return [rows[key] for key in sorted(rows)]


def test_a_sample_without_tests_is_not_evaluated() -> None:
    rows = observations([_frame(1, 0, 12.344)], _declared())
    assert rows == {
        (DEVICE, "level", "", 0): Row(b"\1" * 16, SECOND, 12.344, 12.34, "%", 2, {}, False, (), 0)
    }


def test_halves_round_upwards_at_a_tenth_of_the_resolution() -> None:
    assert rounded(0.125, 0.1) == 0.13
    assert rounded(-0.125, 0.1) == -0.12
    assert rounded(7.25, 1.0) == 7.3
    assert rounded(7.5, 10.0) == 8.0


def test_the_same_frame_twice_is_one_and_the_smallest_arrival_counts() -> None:
    first, again = _frame(1, 0, 5.0, arrival=9), _frame(1, 0, 5.0, arrival=7)
    for frames in ([first, again], [again, first]):
        (row,) = observations(frames, _declared()).values()
        assert (row.arrival, row.tests, row.flag) == (7, {}, 2)


def test_the_highest_decode_version_counts_whatever_its_arrival() -> None:
    old, new = _frame(1, 0, 5.0, arrival=3), _frame(1, 0, 6.0, arrival=8, version=2)
    for frames in ([old, new], [new, old]):
        (row,) = observations(frames, _declared()).values()
        assert (row.value, row.arrival, row.decode_version) == (6.0, 8, 2)


def test_a_decoding_that_moves_the_sample_leaves_nothing_behind() -> None:
    old, new = _frame(1, 0, 5.0), _frame(1, MINUTE, 5.0, version=1)
    assert [k[3] for k in observations([old, new], _declared())] == [MINUTE]


def test_of_two_frames_with_the_same_sample_the_smaller_id_counts_and_is_suspect() -> None:
    one, two = _frame(1, 0, 5.0), _frame(2, 0, 6.0)
    for frames in ([one, two], [two, one]):
        (row,) = observations(frames, _declared()).values()
        assert (row.raw, row.tests, row.flag) == (5.0, {"duplicate_conflict": 3}, 3)


@pytest.mark.parametrize("raw", [None, math.nan, math.inf])
def test_a_missing_value_is_flagged_missing_whatever_the_tests_say(raw: float | None) -> None:
    frames = [_frame(1, 0, raw), _frame(2, 0, 5.0)]
    (row,) = observations(frames, _declared({"gross_range": {"fail": [0, 100]}})).values()
    assert (row.raw, row.value, row.flag) == (None, None, 9)
    assert row.tests == {"gross_range": 9, "duplicate_conflict": 3}


def test_zero_is_a_value() -> None:
    tests = {"gross_range": {"fail": [0, 100], "suspect": [0, 98]}}
    (row,) = observations([_frame(1, 0, 0.0)], _declared(tests)).values()
    assert (row.value, row.flag) == (0.0, 1)


def test_gross_range_takes_its_bounds_as_good() -> None:
    tests = {"gross_range": {"fail": [0, 100], "suspect": [10, 90]}}
    values = [-0.01, 0.0, 9.99, 10.0, 90.0, 90.01, 100.0, 100.01]
    frames = [_frame(i + 1, i * MINUTE, v) for i, v in enumerate(values)]
    flags = [row.flag for row in _line(observations(frames, _declared(tests)))]
    assert flags == [4, 3, 3, 1, 1, 3, 3, 4]


def test_calibrations_apply_in_the_order_of_their_ids_inside_their_dates() -> None:
    def linear(name: str, a: float, b: float, **more: Any) -> dict[str, Any]:
        params = {"a": a, "b": b}
        return {
            "id": name,
            "device": DEVICE,
            "property": "level",
            "kind": "linear",
            "params": params,
        } | more

    calibrations = (
        linear("b", 0.0, 2.0),
        linear("a", 1.0, 1.0, to=MINUTE),
        linear("c", -3.0, 1.0, **{"from": MINUTE}),
        linear("other", 50.0, 1.0, channel="2"),
    )
    frames = [_frame(1, 0, 5.0), _frame(2, MINUTE, 5.0)]
    rows = _line(observations(frames, _declared(calibrations=calibrations)))
    assert [(r.value, r.calibrations) for r in rows] == [(12.0, ("a", "b")), (7.0, ("b", "c"))]


def test_a_value_outside_the_calibrated_range_is_kept_and_suspect() -> None:
    calibration = {
        "id": "a", "device": DEVICE, "property": "level", "channel": "", "kind": "linear",
        "params": {"a": 0.0, "b": 1.0}, "range": (0.0, 50.0),
    }  # fmt: skip
    frames = [_frame(i, i * MINUTE, v) for i, v in enumerate([-5.0, -5.5, 55.0, 55.5])]
    rows = _line(observations(frames, _declared(calibrations=(calibration,))))
    assert [r.tests for r in rows] == [{}, {"calibration_range": 3}] * 2
    assert [r.flag for r in rows] == [2, 3, 2, 3]
    assert rows[3].value == 55.5


def test_spike_compares_with_the_average_of_both_neighbours() -> None:
    tests = {"spike": {"suspect": 2, "fail": 10, "max_gap": 120}}
    values = [5.0, 9.0, 5.0, 5.0, 30.0, 5.0]
    frames = [_frame(i + 1, i * MINUTE, v) for i, v in enumerate(values)]
    rows = _line(observations(frames, _declared(tests)))
    # |9 - (5+5)/2| = 4, |5 - (9+5)/2| = 2, |5 - (5+30)/2| = 12.5, |30 - 5| = 25
    assert [r.tests["spike"] for r in rows] == [2, 3, 1, 4, 4, 2]
    assert [r.provisional for r in rows] == [False] * 5 + [True]


def test_a_neighbour_beyond_max_gap_or_without_value_is_missing() -> None:
    tests = {"spike": {"suspect": 2, "fail": 10, "max_gap": 60}}
    line = [(0, 5.0), (60, 5.0), (120, 5.0), (181, 5.0), (241, None), (301, 5.0)]
    frames = [_frame(i + 1, t * SECOND, v) for i, (t, v) in enumerate(line)]
    rows = _line(observations(frames, _declared(tests)))
    assert [r.tests["spike"] for r in rows] == [2, 1, 2, 2, 9, 2]
    assert [r.provisional for r in rows] == [False, False, True, False, False, True]


def test_flat_line_waits_for_nine_tenths_then_raises_suspect_then_fail() -> None:
    tests = {"flat_line": {"suspect": 600, "fail": 1200, "tolerance": 0.5}}
    minutes = [0, 8, 9, 17, 18, 19]
    values = [5.0, 5.0, 5.4, 5.4, 5.4, 5.5]
    frames = [
        _frame(i + 1, m * MINUTE, v) for i, (m, v) in enumerate(zip(minutes, values, strict=True))
    ]
    rows = _line(observations(frames, _declared(tests)))
    # minute 9: (−1, 9] spans 9 of 10 min, flat. 17: (7, 17] spans 9, 5.4−5.0 flat; 20 min spans 17.
    # 18: (8, 18] spans 9 (9..18), flat; 20 min spans 18 of 18 and 5.4−5.0 < 0.5: fail.
    # 19: (9, 19] spans 2 only; 20 min spans 19 and 5.5−5.0 is not below 0.5: good.
    assert [r.tests["flat_line"] for r in rows] == [2, 2, 3, 3, 4, 1]


def test_a_window_is_open_at_its_start_and_does_not_count_what_is_missing() -> None:
    tests = {"flat_line": {"suspect": 600, "fail": 1200, "tolerance": 0.5}}
    line = [(0, 9.0), (1, None), (2, 5.0), (10, 5.0), (11, 5.0)]
    frames = [_frame(i + 1, m * MINUTE, v) for i, (m, v) in enumerate(line)]
    rows = _line(observations(frames, _declared(tests)))
    # minute 10: (0, 10] holds 2 and 10, a span of 8 < 9. 11: (1, 11] spans 9 and is flat.
    assert [r.tests["flat_line"] for r in rows] == [2, 9, 2, 2, 3]


def test_a_device_has_its_own_profile_instead_of_the_propertys() -> None:
    own = {"gross_range": {"fail": [0, 10]}}
    declared = _declared({"spike": {"suspect": 1, "fail": 2, "max_gap": 60}})
    mine = {"id": "own", "property": "level", "device": DEVICE, "tests": own, "to": MINUTE}
    both = Declared(declared.devices, declared.properties, profiles=(*declared.profiles, mine))
    rows = _line(observations([_frame(1, 0, 50.0), _frame(2, MINUTE, 50.0)], both))
    assert [r.tests for r in rows] == [{"gross_range": 4}, {"spike": 2}]


def test_a_measure_may_carry_its_own_time() -> None:
    measures = (Measure("level", 1.0, "a", 5), Measure("level", 2.0, "b"))
    frame = Frame(b"\1" * 16, DEVICE, 900, 7, measures)
    assert list(observations([frame], _declared())) == [
        (DEVICE, "level", "a", 5),
        (DEVICE, "level", "b", 7),
    ]
