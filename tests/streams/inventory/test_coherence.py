"""What is declared fits together, or the fault is told at the object that does not."""

from typing import Any

import pytest

from streams.inventory.coherence import Fault, faults
from streams.registry import Registry
from tests.agreement.core import declared

Item = tuple[str, dict[str, Any]]

HORIZON = 48 * 3_600_000_000
DEVICE = {"name": "d", "codec": "c", "use_case": "u", "nominal_period": 900}
PLACE = {"commune": "13201", "latitude": 43.2, "longitude": 5.3}
LINEAR = {"device": "D", "property": "p", "kind": "linear", "params": {}}
SPIKE = {"suspect": 20, "fail": 50, "max_gap": 2250}
CITY: list[Item] = [
    ("use_case", {"id": "u", "title_fr": "u", "title_en": "u"}),
    ("property", {"id": "p", "title_fr": "p", "title_en": "p", "unit": "%", "resolution": 0.1}),
    ("codec", {"id": "c", "script": "x", "mapping": [{"path": "l", "property": "p"}]}),
    ("device", {"id": "D", **DEVICE}),
    ("device", {"id": "E", **DEVICE}),
]


def until(day: int) -> dict[str, str]:
    return {"to": f"2026-01-{day:02}T00:00:00Z"}


def since(day: int) -> dict[str, str]:
    return {"from": f"2026-01-{day:02}T00:00:00Z"}


def after(before: Registry, *items: Item, removed: tuple[str, ...] = ()) -> list[Fault]:
    changes: list[Any] = [(kind, one.id, one) for kind, one in declared(items)]
    changes += [(*name.split("/"), None) for name in removed]
    names = [(kind, object_id) for kind, object_id, _ in changes]
    return list(faults(before.after(changes), names, HORIZON))


def city() -> Registry:
    return Registry().after((kind, one.id, one) for kind, one in declared(CITY))


def test_what_fits_together_has_no_fault() -> None:
    assert after(Registry(), *CITY) == []
    chain: list[Item] = [
        ("calibration", {**LINEAR, "id": "1"} | until(2)),
        ("calibration", {**LINEAR, "id": "2"} | since(2)),
        ("calibration", {**LINEAR, "id": "3", "stage": "drift"}),
        ("calibration", {**LINEAR, "id": "4", "channel": "b"}),
        ("deployment", {**PLACE, "id": "1", "device": "D", "site": "quay"} | until(2)),
        ("deployment", {**PLACE, "id": "2", "device": "E", "site": "quay"} | since(2)),
        ("deployment", {**PLACE, "id": "3", "device": "D", "site": "hill"} | since(2)),
    ]
    assert after(city(), *chain) == []


def test_a_reference_is_found_among_what_was_declared_before() -> None:
    assert after(city(), ("device", {"id": "F", **DEVICE})) == []


@pytest.mark.parametrize(
    ("item", "at", "says"),
    [
        (("device", {"id": "F", **DEVICE, "codec": "cc"}), ("codec",), "did you mean 'c'?"),
        (
            ("device", {"id": "F", **DEVICE, "group": "g"}),
            ("group",),
            "group 'g' is not declared: declare it as well",
        ),
        (
            (
                "codec",
                {
                    "id": "d",
                    "script": "x",
                    "mapping": [
                        {"path": "l", "property": "p"},
                        {"path": "m", "property": "unheard"},
                    ],
                },
            ),
            ("mapping", 1, "property"),
            "property 'unheard' is not declared: add it to the vocabulary",
        ),
        (("calibration", {**LINEAR, "id": "k", "kind": "cubic"}), ("kind",), "no kind 'cubic'"),
        (
            ("calibration", {**LINEAR, "id": "k", "channel": "other", "kind": "linaer"}),
            ("kind",),
            "there is no kind 'linaer': did you mean linear?",
        ),
        (
            ("calibration", {**LINEAR, "id": "k", "params": {"b": "steep"}}),
            ("params", "b"),
            "params.b: Input should be a valid number",
        ),
        (
            ("profile", {"id": "k", "property": "p", "tests": {"gross_rang": {}}}),
            ("tests", "gross_rang"),
            "there is no test 'gross_rang': did you mean gross_range?",
        ),
        (
            ("profile", {"id": "k", "property": "p", "tests": {"gross_range": {"fail": [1, 0]}}}),
            ("tests", "gross_range"),
            "suspect must be a span within fail, lower bound first",
        ),
        (
            ("profile", {"id": "k", "property": "p", "tests": {"spike": SPIKE | {"suspct": 1}}}),
            ("tests", "spike", "suspct"),
            "tests.spike.suspct: there is no such parameter: did you mean suspect?",
        ),
        (
            ("profile", {"id": "k", "property": "p", "conditions": {"quit": {}}}),
            ("conditions", "quit"),
            "there is no condition 'quit' of one series: did you mean quiet?",
        ),
        (
            ("profile", {"id": "k", "property": "p", "conditions": {"silent": {}}}),
            ("conditions", "silent"),
            "there is no condition 'silent' of one series",
        ),
        (
            ("profile", {"id": "k", "property": "p", "conditions": {"threshold": {}}}),
            ("conditions", "threshold", "levels"),
            "conditions.threshold.levels: Field required",
        ),
        (
            ("configuration", {"id": "k", "device": "D", "nominal_period": 1}),
            (),
            "would keep 172800 samples",
        ),
    ],
)
def test_what_cannot_be_used_is_told_where_it_stands(
    item: Item, at: tuple[Any, ...], says: str
) -> None:
    (fault,) = after(city(), item)
    assert fault.at == at
    assert says in fault.message


def test_a_profile_that_no_device_has_yet_is_looked_at_and_is_told_once() -> None:
    wrong: Item = ("profile", {"id": "k", "property": "q", "tests": {"spikes": SPIKE}})
    q = {"id": "q", "title_fr": "q", "title_en": "q", "unit": "m", "resolution": 1}
    (fault,) = after(city(), ("property", q), wrong)
    assert (fault.kind, fault.id) == ("profile", "k")


@pytest.mark.parametrize(
    ("first", "second", "says"),
    [
        (
            ("calibration", {**LINEAR, "id": "1"} | until(3)),
            ("calibration", {**LINEAR, "id": "2"} | since(2)),
            "calibration 2: 1 of D holds at the same time: let 1 end (to) where 2 begins (from)",
        ),
        (
            ("configuration", {"id": "1", "device": "D", "codec": "c"}),
            ("configuration", {"id": "2", "device": "D", "nominal_period": 60} | since(2)),
            "configuration 2: 1 of D holds at the same time",
        ),
        (
            ("deployment", {**PLACE, "id": "1", "device": "D", "site": "quay"}),
            ("deployment", {**PLACE, "id": "2", "device": "D", "site": "hill"} | since(2)),
            "deployment 2: 1 of D holds at the same time",
        ),
        (
            ("deployment", {**PLACE, "id": "1", "device": "D", "site": "quay"}),
            ("deployment", {**PLACE, "id": "2", "device": "E", "site": "quay"} | since(2)),
            "deployment 2: 1 is at quay at the same time",
        ),
    ],
)
def test_two_that_hold_at_once_are_refused_with_both_names(
    first: Item, second: Item, says: str
) -> None:
    (fault,) = after(city(), first, second)
    assert says in str(fault)
    before = city().after((kind, one.id, one) for kind, one in declared([first]))
    assert says in str(after(before, second)[0])


def test_two_positions_at_one_site_are_two_places() -> None:
    items = [
        ("deployment", {**PLACE, "id": d, "device": d, "site": "quay", "position": d})
        for d in ("D", "E")
    ]
    assert after(city(), *items) == []


def test_what_is_named_cannot_be_removed_alone() -> None:
    found = after(city(), removed=("codec/c",))
    assert [(f.id, f.at) for f in found] == [("D", ("codec",)), ("E", ("codec",))]
    assert after(city(), removed=("device/E",)) == []
    assert after(city(), removed=("codec/c", "device/D", "device/E")) == []


def test_what_was_wrong_before_is_not_told_again() -> None:
    wrong: Item = ("calibration", {**LINEAR, "id": "k", "device": "F"})
    before = city().after((kind, one.id, one) for kind, one in declared([wrong]))
    assert after(before, ("calibration", {**LINEAR, "id": "n"})) == []
