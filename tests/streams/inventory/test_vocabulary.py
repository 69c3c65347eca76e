"""The vocabulary that is shipped holds what the use cases ask for, once each."""

from collections import Counter

import pytest

from streams.inventory.vocabulary import vocabulary

BY_ID = {p.id: p for p in vocabulary()}


def test_an_id_is_there_once_with_both_titles() -> None:
    assert [i for i, n in Counter(p.id for p in vocabulary()).items() if n > 1] == []
    assert [p.id for p in vocabulary() if not (p.title_fr and p.title_en)] == []


@pytest.mark.parametrize(
    ("name", "unit", "kind"),
    [
        ("fill_level", "%", "instantaneous"),
        ("bike_count", "1", "count"),
        ("sound_level", "dB(A)", "level"),
        ("water_level", "m", "instantaneous"),
        ("ph", "[pH]", "instantaneous"),
        ("lamp_state", "1", "state"),
        ("energy", "kW.h", "index"),
        ("wind_direction", "deg", "angle"),
        ("no2", "ug/m3", "instantaneous"),
        ("no", "ug/m3", "instantaneous"),
        ("battery_level", "%", "instantaneous"),
        ("link_margin", "dB", "instantaneous"),
    ],
)
def test_what_the_use_cases_need(name: str, unit: str, kind: str) -> None:
    assert (BY_ID[name].unit, BY_ID[name].kind) == (unit, kind)


def test_states_and_counts_are_whole_and_angles_are_degrees() -> None:
    assert {p.resolution for p in vocabulary() if p.kind == "state"} == {1.0}
    assert {p.unit for p in vocabulary() if p.kind == "angle"} == {"deg"}
