"""Window rows worked by hand."""

import pytest

from tests.oracle.declared import SECOND, Declared, Frame, Measure
from tests.oracle.observations import observations
from tests.oracle.windows import Window, windows

NOISE = Declared(
    devices={"D": {"nominal_period": 450.0}},
    properties={
        "sound": {"resolution": 0.1, "kind": "level"},
        "level": {"resolution": 0.1, "kind": "instantaneous"},
    },
    profiles=(
        {"id": "p", "property": "sound", "tests": {"gross_range": {"fail": [0, 100]}}},
        {"id": "q", "property": "level", "tests": {"gross_range": {"suspect": [0, 100]}}},
    ),
)


def _frames(name: str, line: list[tuple[int, float | None]]) -> list[Frame]:
    return [
        Frame(bytes([i]) * 16, "D", at * SECOND, at * SECOND, (Measure(name, value),))
        for i, (at, value) in enumerate(line)
    ]


def test_a_window_is_aligned_to_utc_and_closed_at_its_start() -> None:
    frames = _frames("level", [(899, 1.0), (900, 2.0), (1799, 3.0), (1800, 4.0), (-1, 5.0)])
    found = windows(observations(frames, NOISE), NOISE)
    assert {key[3] // SECOND: w.good for key, w in found.items()} == {
        0: 1,
        900: 2,
        1800: 1,
        -900: 1,
    }
    assert {key[4] for key in found} == {900}


def test_only_good_and_not_evaluated_values_count() -> None:
    line: list[tuple[int, float | None]] = [(5, 4.0), (1, 2.0), (9, 101.0), (7, None)]
    found = windows(observations(_frames("level", line), NOISE), NOISE)
    assert found == {
        ("D", "level", "", 0, 900): Window(
            good=2, suspect=1, missing=1, total=6.0, squares=20.0,
            least=2.0, greatest=4.0, first=2.0, last=4.0,
        )
    }  # fmt: skip


def test_levels_add_their_energy_over_the_integration_time() -> None:
    found = windows(observations(_frames("sound", [(0, 60.0), (450, 50.0)]), NOISE), NOISE)
    (window,) = found.values()
    assert window.exposure == 900.0
    assert window.energy == pytest.approx(1.1e6 * 450)  # LAeq = 10 lg 550,000 = 57.4 dB


def test_a_level_window_without_a_valid_value_has_no_energy_but_zero() -> None:
    (window,) = windows(observations(_frames("sound", [(0, 101.0)]), NOISE), NOISE).values()
    assert window == Window(fail=1, energy=0.0, exposure=0.0)
