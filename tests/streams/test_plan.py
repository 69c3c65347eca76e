"""What is declared about a series, resolved: dates, stages, sites, and versions that stay."""

from collections.abc import Iterable
from contextlib import suppress
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.errors import Skip
from streams.inventory import EVER, NEVER, micros
from streams.inventory.declared import Span
from streams.plan import DevicePlan, SeriesPlan, version
from streams.registry import Registry
from streams.segment import Segment
from tests.agreement.core import Core, declared, record, registry
from tests.oracle.declared import SECOND, Frame, Measure
from tests.streams.inventories import CHANNELS, PROPERTIES, changes, inventory

Item = tuple[str, dict[str, Any]]

PROPERTY = {"id": "p", "title_fr": "p", "title_en": "p", "unit": "%", "resolution": 0.1}
DEVICE = {"id": "D", "name": "d", "codec": "c", "use_case": "u", "nominal_period": 900}
LINEAR = {"device": "D", "property": "p", "kind": "linear"}
PLACE = {"device": "D", "commune": "13201", "latitude": 43.2, "longitude": 5.3}
VERDICT = {"id": "v", "flag": "fail", "author": "a", "reason": "r"}
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


KEYS = [(name, channel) for name in PROPERTIES for channel in CHANNELS]


def plan_of(found: Registry) -> DevicePlan:
    return DevicePlan(found, found.get("device", "D"))


def plans(plan: DevicePlan, keys: Iterable[tuple[str, str]] = KEYS) -> dict[Any, SeriesPlan]:
    """The plans of the series that have one."""
    made = {}
    for key in keys:
        with suppress(Skip):
            made[key] = plan.series(key)
    return made


VERSIONS = [
    *(4827515195595252202, 534963741226622368, 1299709430811663242, 3556896385896468195),
    *(5572492154360209689, 2062001700111047107, 6283976744413688903, 4299976348663343052),
    *(5069928174791297928, 1670335220798457019, 7643901618214739320, 3240963978687333479),
    *(2935407930216067191, 2344058757856714332, 8230017201778563080, 8369043798396437035),
    *(8513089829436055113, 5559522126318089527, 6913725636054268308, 2400505766696116943),
    *(4043590360025651883, 3232834732018667885, 5734624382191949653, 5335348202541867420),
    *(6330956272876654042, 2580520261365551653, 6283051342984718709, 7898198340306468656),
    *(1143619838532599543, 8103425609720404134, 7018410093378686074, 5069803979766969368),
    *(4753795181423665652, 8230383757004168182, 8219259446334684315, 9188856954755732426),
    *(3950592600828712833, 3820089108473063236, 6805473194615413038, 3497554855296962601),
    *(8363458586716440934, 8023334037445012246, 8825029799585998158, 449276620426256954),
    *(2112451738120723781, 2098606484043470529, 6303912993056804040, 8784427948459109023),
]
REACHES = [
    *(1217702500, 349200000, 2427362500, 1216200000, 25560000, 1216200000, 364562500, 1217702500),
    *(2425860000, 1214700000, 2427362500, 1216200000, 1213200000, 14700000, 1216200000, 699362500),
    *(1217702500, 29762500, 1213200000, 14700000, 350700000, 1216200000, 2425860000, 4050000),
    *(2427362500, 1214700000, 697860000, 2424360000, 25560000, 1217702500, 14700000, 697860000),
    *(
        2424360000,
        699362500,
        1216200000,
        1217702500,
        2427362500,
        1213200000,
        1217702500,
        1216200000,
    ),
    *(1216200000, 2427362500, 1216200000, 1217702500, 2425860000, 25560000, 1214700000, 2425860000),
]


def test_versions_and_reaches_are_what_they_have_always_been() -> None:
    """The numbers are on stored rows and in the workers' state: of inventories made by chance
    they are here as the first releases gave them. Milliseconds."""
    found = [plan_of(registry(inventory(Random(seed)))) for seed in range(len(VERSIONS))]
    assert [version(plans(plan)) for plan in found] == VERSIONS
    assert [plan.version(plans(plan)) for plan in found] == VERSIONS
    assert [plan.reach(plans(plan)) // 1000 for plan in found] == REACHES


def said(plan: DevicePlan) -> tuple[Any, ...]:
    """All that is asked of a plan."""
    made = plans(plan)
    return made, plan.version(made), plan.reach(made), plan.reach()


@given(st.integers(0, 2**32), st.integers(1, 4), st.sets(st.sampled_from(KEYS)))
def test_a_plan_under_another_snapshot_is_the_one_made_afresh(
    seed: int, size: int, asked: set[tuple[str, str]]
) -> None:
    chance = Random(seed)
    before = registry(inventory(chance))
    plan = plan_of(before)
    plan.reach(plans(plan, sorted(asked)))
    after = before.after(changes(chance, size))
    under = plan.under(after)
    assert under.registry is after
    assert said(under) == said(plan_of(after))
    assert said(plan) == said(plan_of(before))
    assert said(under.under(before)) == said(plan)


@given(st.integers(0, 2**32), st.integers(1, 8))
def test_what_is_no_concern_of_a_device_leaves_its_plan(seed: int, size: int) -> None:
    chance = Random(seed)
    before = registry(inventory(chance))
    plan = plan_of(before)
    made = said(plan)[0]
    elsewhere = [
        (kind, name, declared)
        for kind, name, declared in changes(chance, size)
        if kind == "use_case"
        or (kind, name) == ("device", "E")
        or all(
            one is None or getattr(one, "device", "D") == "E"
            for one in (before.get(kind, name), declared)
        )
    ]
    under = plan.under(before.after(elsewhere))
    assert all(under.series(key) is made[key] for key in made)


def test_only_what_is_asked_of_shared_objects_concerns_a_device() -> None:
    """A codec, a property or a profile that another device needs is none of this one's."""
    of_d: list[Item] = [("profile", {"id": "f", "property": "p", "tests": gross(1)})]
    before = of(*of_d, ("codec", {"id": "e", "script": "x", "mapping": []}))
    plan = plan_of(before)
    made, _ = plan.series(("p", "")), plan.reach()
    others = [
        ("codec", {"id": "e", "script": "y", "mapping": [{"path": "v", "property": "fill_level"}]}),
        ("property", FILL),
        ("profile", {"id": "g", "property": "fill_level", "tests": gross(2)}),
        ("network", {"id": "n", "name": "n"}),
    ]
    after = before.after((kind, one.id, one) for kind, one in declared(others))
    under = plan.under(after)
    assert under.series(("p", "")) is made
    assert under.mark is plan.mark
    assert under.series(("fill_level", "")).segments[0].tests["gross_range"].fail[1] == 2
    with pytest.raises(Skip, match="not declared"):
        plan.series(("fill_level", ""))
    for kind, body in (("profile", of_d[0][1] | {"tests": gross(3)}), ("device", DEVICE)):
        changed = after.after((kind, one.id, one) for kind, one in declared([(kind, body)]))
        assert plan.under(changed).series(("p", "")) is not made
        assert plan.under(changed).mark is not plan.mark


def test_a_device_that_is_gone_has_no_plan() -> None:
    found = of()
    with pytest.raises(Skip, match="D is not declared"):
        plan_of(found).under(found.having("device", "D", None))


def test_the_tests_of_a_profile_are_one_object_wherever_it_applies() -> None:
    other: Item = ("device", DEVICE | {"id": "E", "nominal_period": 60})
    profile: Item = ("profile", {"id": "f", "property": "p", "tests": gross(1)})
    found = of(other, profile, ("verdict", {**VERDICT, "device": "D"} | JANUARY))
    again = found.having("verdict", "v", None)
    suites = [
        segment.tests
        for known in (found, again)
        for device in "DE"
        for segment in DevicePlan(known, known.get("device", device)).series(("p", "")).segments
    ]
    assert len(suites) == 3 + 1 + 1 + 1
    assert len({id(suite) for suite in suites}) == 1


def test_defaults_are_one_object_for_all_periods_that_ask_for_the_same() -> None:
    periods = {"D": 900, "E": 600, "F": 900}
    devices: list[Item] = [
        ("device", DEVICE | {"id": name, "nominal_period": period})
        for name, period in periods.items()
    ]
    ph = FILL | {"id": "ph", "unit": "[pH]"}
    found = registry(declared([("property", FILL), ("property", ph), *devices]))
    for name, same in (("fill_level", True), ("ph", False)):
        d, e, f = (
            DevicePlan(found, found.get("device", device)).series((name, "")).segments[0].tests
            for device in periods
        )
        assert d is f
        assert (d is e) == same
