"""Which history a change restates: what is computed otherwise, and nothing else."""

from typing import Any

import pytest

from streams.duration import DAY
from streams.inventory import EVER, NEVER
from streams.inventory.difference import Difference, compared, differences, unwanted
from streams.inventory.influence import Influence, days, influences
from streams.registry import Registry
from tests.agreement.core import declared

Item = tuple[str, dict[str, Any]]

DEVICE = {"name": "d", "codec": "c", "use_case": "u", "nominal_period": 900}
PROPERTY = {"id": "p", "title_fr": "p", "title_en": "p", "unit": "%", "resolution": 0.1}
PLACE = {"commune": "13201", "latitude": 43.2, "longitude": 5.3, "device": "D", "site": "quay"}
LINEAR = {"id": "k", "device": "D", "property": "p", "kind": "linear", "params": {"b": 2}}
CODEC = {"id": "c", "script": "x", "mapping": [{"path": "l", "property": "p"}]}
SPAN = {"from": "1970-01-03T00:00:00Z", "to": "1970-01-05T00:00:00Z"}
MAINTENANCE = {"id": "m", "device": "D", "what": "w", "who": "x", **SPAN}
VERDICT = {"id": "v", "device": "D", "flag": "fail", "author": "a", "reason": "r", **SPAN}
CITY: list[Item] = [
    ("property", PROPERTY),
    ("codec", CODEC),
    ("device", {"id": "D", **DEVICE}),
    ("device", {"id": "E", **DEVICE, "codec": "other"}),
    ("configuration", {"id": "s", "device": "E", "codec": "c", **SPAN}),
    ("deployment", {"id": "1", **PLACE, **SPAN}),
    ("profile", {"id": "f", "property": "p", "tests": {}}),
    ("calibration", {**LINEAR, **SPAN}),
    ("maintenance", MAINTENANCE),
    ("verdict", VERDICT),
]
ALWAYS = (EVER, NEVER)
HELD = (2 * DAY, 4 * DAY)


def registry(items: list[Item]) -> Registry:
    return Registry().after((kind, one.id, one) for kind, one in declared(items))


def restated(kind: str, before: dict[str, Any] | None, after: dict[str, Any] | None) -> set[Any]:
    """What a change of one object restates in the city."""
    sides = [declared([(kind, side)])[0][1] if side else None for side in (before, after)]
    known = registry(CITY)
    name = next(side.id for side in sides if side)
    change = Difference(kind, name, *sides)
    found = influences([change], known, known.after([change.change]))
    return {(i.device, i.property, i.since, i.until) for i in found}


CASES: list[tuple[str, dict[str, Any] | None, dict[str, Any] | None, set[Any]]] = [
    ("calibration", None, {**LINEAR, **SPAN}, {("D", "p", *HELD)}),
    ("calibration", {**LINEAR, **SPAN}, None, {("D", "p", *HELD)}),
    (
        "calibration",
        {**LINEAR, **SPAN},
        {**LINEAR, "from": SPAN["to"]},
        {("D", "p", *HELD), ("D", "p", 4 * DAY, NEVER)},
    ),
    ("calibration", LINEAR, {**LINEAR, "params": {"b": 3}}, {("D", "p", *ALWAYS)}),
    ("calibration", LINEAR, {**LINEAR, "certificate": "https://x/k", "u_rel": 3}, set()),
    ("device", {"id": "D", **DEVICE}, {"id": "D", **DEVICE, "make": "m", "name": "n"}, set()),
    (
        "device",
        {"id": "D", **DEVICE},
        {"id": "D", **DEVICE, "nominal_period": 60},
        {("D", None, *ALWAYS)},
    ),
    ("device", None, {"id": "D", **DEVICE}, {("D", None, *ALWAYS)}),
    ("device", {"id": "D", **DEVICE}, None, set()),
    (
        "codec",
        CODEC,
        {**CODEC, "script": "y"},
        {("D", None, *ALWAYS), ("E", None, *HELD)},
    ),
    (
        "property",
        PROPERTY,
        {**PROPERTY, "kind": "level"},
        {("D", "p", *ALWAYS), ("E", "p", *ALWAYS)},
    ),
    ("property", PROPERTY, {**PROPERTY, "title_fr": "q"}, set()),
    (
        "profile",
        None,
        {"id": "g", "property": "p", "device": "D", "tests": {}, **SPAN},
        {("D", "p", *HELD)},
    ),
    (
        "profile",
        None,
        {"id": "g", "property": "p", "site": "quay", "tests": {}},
        {("D", "p", *HELD)},
    ),
    ("profile", None, {"id": "g", "property": "p", "site": "hill", "tests": {}}, set()),
    (
        "profile",
        None,
        {"id": "g", "property": "p", "tests": {}, **SPAN},
        {("D", "p", *HELD), ("E", "p", *HELD)},
    ),
    ("deployment", None, {"id": "1", **PLACE, **SPAN}, set()),
    ("configuration", None, {"id": "s", "device": "D", "codec": "c", **SPAN}, {("D", None, *HELD)}),
    ("verdict", VERDICT, {**VERDICT, "reason": "better"}, set()),
    ("verdict", VERDICT, {**VERDICT, "flag": "good"}, {("D", None, *HELD)}),
    ("maintenance", None, MAINTENANCE, set()),
    (
        "maintenance",
        MAINTENANCE,
        {**MAINTENANCE, "affects": [{"property": "p", "quality": "bad", **SPAN}]},
        {("D", "p", *HELD)},
    ),
    (
        "maintenance",
        MAINTENANCE,
        {**MAINTENANCE, "affects": [{"property": "p", "quality": "none", **SPAN}]},
        set(),
    ),
    ("use_case", None, {"id": "u", "title_fr": "u", "title_en": "u"}, set()),
]


@pytest.mark.parametrize(("kind", "before", "after", "expected"), CASES)
def test_a_change_restates(
    kind: str,
    before: dict[str, Any] | None,
    after: dict[str, Any] | None,
    expected: set[Any],
) -> None:
    assert restated(kind, before, after) == expected


def test_a_deployment_counts_where_a_profile_is_for_its_site() -> None:
    known = registry(
        [*CITY, ("profile", {"id": "q", "property": "p", "site": "quay", "tests": {}})]
    )
    moved = Difference("deployment", "1", known.get("deployment", "1"), None)
    after = known.after([moved.change])
    assert influences([moved], known, after) == [Influence("D", "p", *HELD)]
    gone = Difference("profile", "q", known.get("profile", "q"), None)
    both = influences([gone, moved], known, after.after([gone.change]))
    assert both == [Influence("D", "p", *HELD)]


def test_what_is_about_a_device_that_is_removed_as_well_restates_nothing() -> None:
    known = registry(CITY)
    gone = unwanted(known, {})
    assert influences(gone, known, known.after(d.change for d in gone)) == []


@pytest.mark.parametrize(
    ("kind", "before", "after", "decoded"),
    [
        ("codec", CODEC, {**CODEC, "script": "y"}, True),
        ("device", {"id": "D", **DEVICE}, {"id": "D", **DEVICE, "codec": "other"}, True),
        ("device", {"id": "D", **DEVICE}, {"id": "D", **DEVICE, "nominal_period": 60}, False),
        ("configuration", {"id": "s", "device": "D", "codec": "c", **SPAN}, None, True),
        ("configuration", None, {"id": "s", "device": "D", "nominal_period": 60, **SPAN}, False),
        ("calibration", LINEAR, {**LINEAR, "params": {"b": 3}}, False),
    ],
)
def test_what_is_decoded_otherwise_is_pending_within_the_live_horizon_too(
    kind: str, before: dict[str, Any] | None, after: dict[str, Any] | None, decoded: bool
) -> None:
    sides = [declared([(kind, side)])[0][1] if side else None for side in (before, after)]
    known, name = registry(CITY), next(side.id for side in sides if side)
    change = Difference(kind, name, *sides)
    found = influences([change], known, known.after([change.change]))
    assert {one.decoded for one in found} == {decoded}
    measured = [("D", "p", 2), ("D", "p", 3)]
    assert days(found, measured, 3 * DAY) == [("D", 2), ("D", 3)][: 1 + decoded]


def test_days_are_those_that_were_measured_and_that_live_leaves_alone() -> None:
    touched = [Influence("D", "p", 2 * DAY + 1, 4 * DAY), Influence("E", None, EVER, NEVER)]
    measured = [("D", "p", day) for day in range(1, 7)] + [
        ("D", "q", 3),
        ("E", "q", 4),
        ("F", "p", 3),
    ]
    assert days(touched, measured, 10 * DAY) == [("D", 2), ("D", 3), ("E", 4)]
    assert days(touched, measured, 3 * DAY) == [("D", 2)]


def test_a_difference_is_told_field_by_field() -> None:
    before, after = (
        registry(CITY),
        {
            ("device", "D"): declared(
                [("device", {"id": "D", **DEVICE, "codec": "x", "make": "m"})]
            )[0][1]
        },
    )
    (change,) = differences(before, after)
    assert change.sort == "changed"
    assert list(change.fields()) == [("codec", "c", "x"), ("make", None, "m")]
    assert len(unwanted(before, after)) == len(CITY) - 1
    same = {(kind, one.id): one for kind, one in declared(CITY)}
    assert differences(before, same) == unwanted(before, same) == []


def test_fields_of_lists_are_told_one_by_one() -> None:
    assert list(compared({"a": [{"b": 1}, {"b": 2}], "c": {}}, {"a": [{"b": 1}], "c": [1]})) == [
        ("a.1.b", 2, None),
        ("c", {}, [1]),
    ]
