"""What is declared about a series, resolved: dates, stages, sites, and versions that stay."""

from typing import Any

import pytest

from streams.inventory import EVER, NEVER, micros
from streams.inventory.declared import Span
from streams.plan import DevicePlan
from streams.registry import Registry
from streams.segment import Segment
from tests.agreement.core import Core, declared, record, registry
from tests.oracle.declared import SECOND, Frame, Measure

Item = tuple[str, dict[str, Any]]

PROPERTY = {"id": "p", "title_fr": "p", "title_en": "p", "unit": "%", "resolution": 0.1}
DEVICE = {"id": "D", "name": "d", "codec": "c", "use_case": "u", "nominal_period": 900}
LINEAR = {"device": "D", "property": "p", "kind": "linear"}
PLACE = {"device": "D", "commune": "13201", "latitude": 43.2, "longitude": 5.3}
JANUARY = {"from": "2026-01-01T00:00:00Z", "to": "2026-02-01T00:00:00Z"}
FEBRUARY = {"from": "2026-02-01T00:00:00Z", "to": "2026-03-01T00:00:00Z"}


def instant(dates: dict[str, str]) -> int:
    return micros(Span.model_validate(dates).start)  # type: ignore[arg-type]


def gross(most: float) -> dict[str, Any]:
    return {"gross_range": {"fail": [0, most], "suspect": [0, most]}}


def of(*items: Item) -> Registry:
    return registry(declared([("property", PROPERTY), ("device", DEVICE), *items]))


def segments(*items: Item) -> tuple[Segment, ...]:
    found = of(*items)
    return DevicePlan(found, found.get("device", "D")).series(("p", "")).segments


def most(segment: Segment) -> float:
    """The upper end of the gross range in force."""
    return float(segment.tests["gross_range"].fail[1])


def test_a_version_says_nothing_of_where_a_calibration_comes_from() -> None:
    """The numbers are on stored rows: they change only where something that applies does."""
    items: list[Item] = [
        (
            "calibration",
            {**LINEAR, "id": "k", "params": {"a": 1, "b": 2}, "range": [0, 50]} | JANUARY,
        ),
        (
            "profile",
            {
                "id": "f",
                "property": "p",
                "tests": {"gross_range": {"fail": [0, 100], "suspect": [0, 98]}},
            },
        ),
    ]
    versions = [7111437412512075491, 3931201986230889670, 7111437412512075491]
    assert [s.version for s in segments(*items)] == versions
    items[0][1].update(certificate="https://city.example/k.pdf", author="a", n=40, u_rel=5)
    assert [s.version for s in segments(*items)] == versions
    items[0][1].update(params={"a": 1, "b": 3})
    assert [s.version for s in segments(*items)][1] not in versions


def test_a_chain_goes_by_stage_then_id() -> None:
    stages = [("z", "unit"), ("a", "drift"), ("m", "linear"), ("b", "linear")]
    items = [
        ("calibration", {**LINEAR, "id": name, "stage": stage, "params": {}})
        for name, stage in stages
    ]
    (segment,) = segments(*items)
    assert [stage.id for stage in segment.stages] == ["z", "b", "m", "a"]


def test_a_device_s_profile_wins_over_its_site_s_and_that_over_the_property_s() -> None:
    items: list[Item] = [
        ("profile", {"id": "all", "property": "p", "tests": gross(1)}),
        ("profile", {"id": "quay", "property": "p", "site": "quay", "tests": gross(2)}),
        ("deployment", {**PLACE, "id": "1", "site": "quay"} | JANUARY),
        ("deployment", {**PLACE, "id": "2", "site": "hill"} | FEBRUARY),
    ]
    assert [most(s) for s in segments(*items)] == [1, 2, 1]
    own: Item = ("profile", {"id": "own", "property": "p", "device": "D", "tests": gross(3)})
    assert {most(s) for s in segments(*items, own)} == {3}


def test_a_site_that_no_profile_names_cuts_nothing() -> None:
    items: list[Item] = [("deployment", {**PLACE, "id": "1", "site": "quay"} | JANUARY)]
    assert [(s.since, s.until) for s in segments(*items)] == [(EVER, NEVER)]


def test_a_configuration_sets_the_period_while_it_lasts() -> None:
    items: list[Item] = [
        ("configuration", {"id": "k", "device": "D", "nominal_period": 60} | JANUARY)
    ]
    found = segments(*items)
    assert [s.exposure for s in found] == [900, 60, 900]
    assert found[0].version == found[2].version != found[1].version


def test_a_level_stands_for_the_period_of_its_time() -> None:
    """Two levels on either side of a configuration's end, each in a window of its own."""
    level = PROPERTY | {"kind": "level", "unit": "dB(A)"}
    found = registry(
        declared(
            [
                ("property", level),
                ("device", DEVICE),
                ("configuration", {"id": "k", "device": "D", "nominal_period": 60} | JANUARY),
            ]
        )
    )
    turn = instant(FEBRUARY)
    frames = [
        Frame(bytes([i]) * 16, "D", at, at, (Measure("p", 60.0),))
        for i, at in enumerate((turn - 60 * SECOND, turn + 60 * SECOND))
    ]
    core = Core(found, 48 * 3600 * SECOND)
    core.run([record(frame) for frame in frames])
    said = core.said.current("Window").values()
    windows = sorted((w for w in said if w["duration"] == 900), key=lambda w: w["start"])
    assert [w["exposure"] for w in windows] == [60, 900]
    assert [w["energy"] for w in windows] == pytest.approx([60e6, 900e6])


def test_a_device_is_as_it_was_set_at_that_instant() -> None:
    found = of(("configuration", {"id": "k", "device": "D", "codec": "new"} | JANUARY))
    at = [instant(JANUARY) - 1, instant(JANUARY), instant(FEBRUARY)]
    assert [found.configured("D", i).codec for i in at] == ["c", "new", "c"]  # type: ignore[union-attr]
    assert found.configured("E", 0) is None


FILL = {"id": "fill_level", "title_fr": "f", "title_en": "f", "unit": "%", "resolution": 0.1}


def usual(*items: Item, period: float = 900.0, unit: str = "%") -> list[list[str]]:
    """The names of the tests of a fill level, segment by segment."""
    found = registry(
        declared(
            [
                ("property", FILL | {"unit": unit}),
                ("device", DEVICE | {"nominal_period": period}),
                *items,
            ]
        )
    )
    plan = DevicePlan(found, found.get("device", "D"))
    return [sorted(s.tests) for s in plan.series(("fill_level", "")).segments]


BOTH = ["flat_line", "gross_range"]


def test_without_a_profile_the_defaults_apply_and_an_empty_one_tests_nothing() -> None:
    of: dict[str, Any] = {"property": "fill_level"}
    everybody: Item = ("profile", {"id": "a", **of, "tests": gross(9)})
    assert usual() == [BOTH]
    assert usual(("profile", {"id": "a", **of})) == [BOTH]
    assert usual(("profile", {"id": "a", **of, "tests": {}})) == [[]]
    assert usual(everybody) == [["gross_range"]]
    assert usual(everybody, ("profile", {"id": "b", **of, "device": "D"})) == [BOTH]
    closed = everybody[1] | JANUARY
    assert usual(("profile", closed)) == [BOTH, ["gross_range"], BOTH]


def test_a_default_is_left_out_where_it_would_keep_too_many_samples() -> None:
    fortnight_and_horizon = 16 * 86_400
    assert usual(period=fortnight_and_horizon / 5000) == [BOTH]
    assert usual(period=fortnight_and_horizon / 5001) == [["gross_range"]]


def test_defaults_are_in_the_unit_of_the_vocabulary_and_in_no_other() -> None:
    assert usual(unit="mm") == [[]]


def test_defaults_are_in_a_version_and_go_with_the_period() -> None:
    ph = {"id": "ph", "title_fr": "p", "title_en": "p", "unit": "[pH]", "resolution": 0.01}
    items: list[Item] = [
        ("property", ph),
        ("configuration", {"id": "k", "device": "D", "nominal_period": 600} | JANUARY),
    ]
    found = of(*items)
    before, slow, after = DevicePlan(found, found.get("device", "D")).series(("ph", "")).segments
    gaps = [s.tests["rate_of_change"].max_gap for s in (before, slow, after)]
    assert gaps == [2250, 1500, 2250]
    assert before.version == after.version != slow.version
    none = of(*items, ("profile", {"id": "n", "property": "ph", "tests": {}}))
    untested = DevicePlan(none, none.get("device", "D")).series(("ph", "")).segments
    assert untested[0].version != before.version


def test_a_device_s_reach_is_that_of_what_it_measures_or_still_holds() -> None:
    codecs = [
        ("codec", {"id": name, "script": "x", "mapping": [{"path": "v", "property": prop}]})
        for name, prop in (("c", "fill_level"), ("e", "p"))
    ]
    slow: Item = ("device", DEVICE | {"id": "E", "codec": "e"})
    found = registry(
        declared([("property", FILL), ("property", PROPERTY), ("device", DEVICE), slow, *codecs])
    )
    d, e = (DevicePlan(found, found.get("device", name)) for name in "DE")
    fortnight = 14 * 86_400 * SECOND
    assert d.reach() - e.reach() == fortnight
    assert e.reach([("fill_level", "2")]) == d.reach() == d.reach([("unheard_of", "")])
