"""What is looked for in a device: resolved once, and again only where it may be something else."""

from collections.abc import Mapping
from typing import Any

import pytest

from streams.condition_plan import ConditionPlan, deployed_of
from streams.conditions import WHOLE
from streams.conditions.silent import Silent
from streams.diagnosis import Diagnosis
from streams.memory import Watched
from streams.registry import Registry
from tests.agreement.core import WIRE, declared
from tests.streams.conditions.feed import HORIZON, HOUR, START, Worker, city, every, frame

KEY = ("level", "")
PLACE = {"site": "s", "commune": "13055", "latitude": 43.3, "longitude": 5.4}
LEVELS = {"conditions": {"threshold": {"levels": [2.0]}}}
SPAN = {"from": "2026-02-16T01:00:00Z", "to": "2026-02-16T02:00:00Z"}


def with_(registry: Registry, kind: str, item: Mapping[str, Any]) -> Registry:
    """A snapshot with one more object."""
    return registry.after((k, o.id, o) for k, o in declared([(kind, item)]))


def plan(
    registry: Registry, device: str = "D", known: ConditionPlan | None = None
) -> ConditionPlan:
    """The plan of a device."""
    return ConditionPlan.about(registry, registry.all("device")[device], known)


def test_devices_of_the_same_settings_share_their_parameters() -> None:
    registry = city(LEVELS, {"silent": {"periods": 5}}, devices=("D", "E"))
    for key in (KEY, WHOLE, ("humidity", "")):
        kinds = [plan(registry, d).kinds(key, START) for d in ("D", "E")]
        assert kinds[0] is kinds[1]
    assert plan(registry).kinds(WHOLE, START)["silent"] == Silent(periods=5)


def test_a_number_and_a_truth_value_are_not_the_same_setting() -> None:
    kinds = [plan(city(conditions={"clock": {"frames": f}})).kinds(WHOLE, START) for f in (1, 1.5)]
    assert ["clock" in k for k in kinds] == [True, False]
    assert "silent" not in plan(city(conditions={"silent": False})).kinds(WHOLE, START)
    assert "silent" in plan(city(conditions={"silent": {}})).kinds(WHOLE, START)


OTHERS: list[tuple[str, Mapping[str, Any]]] = [
    ("deployment", {"id": "p", "device": "E"} | PLACE),
    ("configuration", {"id": "c", "device": "E", "nominal_period": 60}),
    ("erasure", {"id": "e", "device": "E"} | SPAN),
    ("network", {"id": "tts", "name": "tts", "forwards_every_frame": False}),
    ("profile", {"id": "E", "property": "level", "device": "E", "tests": {}} | LEVELS),
]
OWN: list[tuple[str, Mapping[str, Any]]] = [
    ("use_case", {"id": "u", "title_fr": "u", "title_en": "u", "conditions": {"reset": False}}),
    ("profile", {"id": "level", "property": "level", "tests": {}} | LEVELS),
    *((kind, {**item, "device": "D"}) for kind, item in OTHERS if "device" in item),
]


@pytest.mark.parametrize(("kind", "item"), OTHERS)
def test_a_plan_is_kept_while_all_that_it_is_made_of_stays(
    kind: str, item: Mapping[str, Any]
) -> None:
    before = city(devices=("D", "E"))
    known = plan(before)
    assert plan(with_(before, kind, item), known=known) is known


@pytest.mark.parametrize(("kind", "item"), OWN)
def test_a_plan_is_another_where_something_else_applies(kind: str, item: Mapping[str, Any]) -> None:
    before = city()
    known, after = plan(before), with_(before, kind, item)
    made = plan(after, known=known)
    assert made == plan(after)
    assert made != known


def test_a_device_is_declared_anew_only_where_something_else_applies_to_it() -> None:
    watched, before = Watched(), city(devices=("D", "E"))

    def by(registry: Registry) -> Diagnosis:
        return Diagnosis(WIRE, watched, registry, HORIZON, START, START - HORIZON, START)

    assert [by(before).redeclared(d) for d in ("D", "E", "F")] == [True, True, False]
    after = with_(before, "deployment", {"id": "p", "device": "E"} | PLACE)
    assert [by(after).redeclared(d) for d in ("D", "E")] == [False, True]
    assert [by(after).redeclared(d) for d in ("D", "E")] == [False, False]
    renamed = {"id": "D", "name": "another", "codec": "c", "use_case": "u", "nominal_period": 900}
    assert not by(with_(after, "device", renamed)).redeclared("D")
    assert by(with_(after, "device", renamed | {"nominal_period": 60})).redeclared("D")
    assert by(after.having("device", "D", None)).redeclared("D")


def test_a_profile_of_a_device_hides_that_of_the_property_for_its_time_only() -> None:
    own = {"id": "D", "property": "level", "device": "D", "tests": {}} | SPAN
    found = plan(city(LEVELS, more=[("profile", own)]))
    hours = [START + h * HOUR for h in (0, 1, 2)]
    assert START == 1_771_200_000_000_000
    assert ["threshold" in found.kinds(KEY, at) for at in hours] == [True, False, True]


def test_a_profile_of_a_site_is_that_of_a_device_while_it_stands_there() -> None:
    site = {"id": "s", "property": "level", "site": "s", "tests": {}} | LEVELS
    place = {"id": "p", "device": "D"} | PLACE | SPAN
    found = plan(city(more=[("profile", site), ("deployment", place)]))
    hours = [START + h * HOUR for h in (0, 1, 2)]
    assert ["threshold" in found.kinds(KEY, at) for at in hours] == [False, True, False]


def test_a_unit_that_changes_is_seen_though_the_plan_is_kept() -> None:
    worker = Worker(city(LEVELS)).run(*every(900, START, START + HOUR))
    prop = {"id": "level", "title_fr": "l", "title_en": "l", "unit": "cm", "resolution": 0.01}
    worker.current = with_(worker.current, "property", prop)
    worker.run(*every(900, START + HOUR, START + 2 * HOUR, level=3.0))
    assert worker.reasons("threshold") == ["level 3 cm: level 1 is above 2 cm"]


@pytest.mark.parametrize("forwards", [True, False])
def test_a_network_that_is_declared_later_counts_though_the_plan_is_kept(forwards: bool) -> None:
    worker = Worker(city()).run(*every(900, START, START + HOUR))
    network = {"id": "tts", "name": "tts", "forwards_every_frame": forwards}
    worker.current = with_(worker.current, "network", network)
    leaps = [frame(START + (i + 4) * HOUR // 4, counter=10 * i) for i in range(20)]
    assert bool(worker.run(*leaps).of("losses")) is forwards


def test_who_stands_where_is_asked_again_only_where_a_deployment_has_changed() -> None:
    ask, own = deployed_of(3), {"codec": "c", "use_case": "u", "nominal_period": 900}
    place = {"from": "2026-02-01T00:00:00Z", **PLACE}
    one = with_(city(), "deployment", {"id": "d", "device": "D", **place})
    more = with_(one, "device", {"id": "E", "name": "E", **own})
    assert ask(more) is ask(one)
    two = with_(more, "deployment", {"id": "e", "device": "E", **place})
    assert sorted(name for names in ask(two).values() for name in names) == ["D", "E"]
    assert sorted(name for names in ask(one).values() for name in names) == ["D"]


def test_a_device_that_stands_somewhere_is_looked_at_once_it_is_declared() -> None:
    place = {"from": "2026-02-01T00:00:00Z", **PLACE}
    worker = Worker(with_(city(), "deployment", {"id": "e", "device": "E", **place}))
    worker.run(frame(START), *(frame(START + n * HOUR) for n in range(1, 4)))
    assert not worker.of("silent", "E")
    assert "E" not in worker.state.watched.memories
    own = {"codec": "c", "use_case": "u", "nominal_period": 900}
    worker.current = with_(worker.current, "device", {"id": "E", "name": "E", **own})
    worker.run(frame(START + 4 * HOUR))
    assert worker.of("silent", "E")
