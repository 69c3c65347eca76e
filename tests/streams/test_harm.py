"""Checks with a calibrator, and what a network server did: the flags, and whose data gets them."""

from typing import Any

import pytest

from streams.inventory import EVER, NEVER, micros
from streams.inventory.declared import Span
from streams.inventory.difference import differences
from streams.inventory.influence import Influence, influences
from tests.agreement.core import Core, declared, record, registry
from tests.oracle.declared import SECOND, Frame, Measure

Item = tuple[str, dict[str, Any]]
DAY = 86_400 * SECOND
_TITLES = {"title_fr": "", "title_en": ""}
_DEVICE = {"codec": "c", "use_case": "u", "nominal_period": 900}
CITY: list[Item] = [
    ("use_case", {"id": "u", **_TITLES}),
    ("property", {"id": "sound", "unit": "dB(A)", "resolution": 0.1, "kind": "level", **_TITLES}),
    ("property", {"id": "margin", "unit": "dB", "resolution": 0.1, **_TITLES}),
    ("device", {"id": "D", "name": "d", **_DEVICE, "network": "n"}),
    ("device", {"id": "E", "name": "e", **_DEVICE}),
    ("network", {"id": "n", "name": "n"}),
    ("network", {"id": "o", "name": "o"}),
]


def day(number: int) -> str:
    return f"2026-01-{number:02}T00:00:00Z"


def instant(number: int) -> int:
    return micros(Span.model_validate({"from": day(number)}).start)  # type: ignore[arg-type]


def check(number: int, read: float, **more: Any) -> Item:
    body = {"id": f"c{number}", "device": "D", "what": "calibrator", "who": "w"}
    of = {"level": 94.0, "read": read, **more}
    return "maintenance", {**body, "from": day(number), "check": of}


def flags(*items: Item, device: str = "D", name: str = "sound") -> list[dict[str, int]]:
    """The tests of one value at noon of each of ten days."""
    core = Core(registry(declared([*CITY, *items])), 30 * DAY)
    for n in range(1, 11):
        at = instant(n) + DAY // 2
        core.run([record(Frame(bytes([n]) * 16, device, at, at, (Measure(name, 50.0),)))])
    rows = core.said.current("Observation")
    return [rows[key]["tests"] for key in sorted(rows, key=lambda key: key[3])]


@pytest.mark.parametrize(
    ("read", "flag"),
    [(94.0, 0), (94.5, 0), (93.5, 0), (94.51, 3), (93.49, 3), (95.0, 3), (95.01, 4), (90.0, 4)],
)
def test_data_since_the_check_before_is_as_good_as_the_meter_has_stayed(
    read: float, flag: int
) -> None:
    found = flags(check(3, 94.0), check(6, read))
    told = {"calibrator": flag} if flag else {}
    assert found == [{}] * 2 + [told] * 3 + [{}] * 5


def test_nothing_vouches_for_data_before_a_first_check_that_finds_the_meter_off() -> None:
    assert flags(check(4, 95.2)) == [{"calibrator": 4}] * 3 + [{}] * 7


def test_a_meter_that_was_left_as_it_was_has_moved_by_the_difference_only() -> None:
    first = check(3, 94.4, left=94.4)
    assert flags(first, check(6, 94.8, left=94.8), check(9, 94.8))[2:] == [{}] * 8
    assert flags(first, check(6, 94.8))[2:] == [{}] * 8
    assert flags(check(3, 94.4), check(6, 94.8))[2:5] == [{"calibrator": 3}] * 3


def test_only_sound_is_checked_and_only_the_property_that_is_named() -> None:
    off = check(3, 97.0)
    assert flags(off, name="margin") == [{}] * 10
    assert flags(check(3, 97.0, property="margin"))[0] == {}
    assert flags(off, device="E") == [{}] * 10


DISTURBED: Item = (
    "network",
    {
        "id": "n",
        "name": "n",
        "affects": [
            {"from": day(3), "to": day(5), "quality": "bad", "reason": "its clock"},
            {"from": day(7), "property": "margin", "quality": "suspect", "reason": "r"},
        ],
    },
)


def test_what_a_network_server_did_is_in_the_flags_of_the_devices_on_it() -> None:
    assert flags(DISTURBED) == [{}] * 2 + [{"network": 4}] * 2 + [{}] * 6
    assert flags(DISTURBED, name="margin")[6:] == [{"network": 3}] * 4
    assert flags(DISTURBED, device="E") == [{}] * 10


def test_a_device_was_on_a_network_for_a_time() -> None:
    moved: Item = (
        "configuration",
        {"id": "k", "device": "D", "network": "o", "from": day(2), "to": day(4)},
    )
    assert flags(DISTURBED, moved) == [{}] * 3 + [{"network": 4}] + [{}] * 6
    there: Item = ("configuration", {"id": "l", "device": "E", "network": "n", "to": day(4)})
    assert flags(DISTURBED, there, device="E") == [{}] * 2 + [{"network": 4}] + [{}] * 7


def restated(before: list[Item], after: list[Item]) -> list[Influence]:
    wanted = {(kind, one.id): one for kind, one in declared([*CITY, *after])}
    known = registry(declared([*CITY, *before]))
    changes = differences(known, wanted)
    return influences(changes, known, known.after(change.change for change in changes))


def test_a_check_restates_what_it_vouches_for_and_what_the_next_one_did() -> None:
    first, third = check(2, 94.0), check(8, 94.8)
    between = check(5, 94.4)
    assert restated([first], [first, third]) == [Influence("D", "sound", instant(2), instant(8))]
    assert set(restated([first, third], [first, between, third])) == {
        Influence("D", "sound", instant(2), instant(8)),
        Influence("D", "sound", instant(5), instant(8)),
    }
    assert restated([first], [first, check(8, 94.1)]) == []


def test_a_network_restates_its_own_devices_and_a_move_what_the_networks_did() -> None:
    of_d = [
        Influence("D", None, instant(3), instant(5)),
        Influence("D", "margin", instant(7), NEVER),
    ]
    found = restated([], [DISTURBED])
    assert sorted(found, key=repr) == sorted(of_d, key=repr)
    onto: Item = ("configuration", {"id": "k", "device": "E", "network": "n", "from": day(8)})
    assert restated([DISTURBED], [DISTURBED, onto]) == [Influence("E", "margin", instant(8), NEVER)]
    assert EVER not in {one.since for one in found}


def test_a_device_that_is_declared_with_its_harms_at_once_restates_what_they_harm() -> None:
    wanted = {(kind, one.id): one for kind, one in declared([*CITY, check(2, 94.8)])}
    nothing = registry([])
    changes = differences(nothing, wanted)
    after = nothing.after(change.change for change in changes)
    assert Influence("D", "sound", EVER, instant(2)) in influences(changes, nothing, after)
