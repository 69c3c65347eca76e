"""Declaring on the real topic: all or nothing, one at a time, by what is declared now."""

import time
from collections.abc import Callable, Iterator

import pytest

from streams import topics
from streams.declare import Batch, declare, publish, registered
from streams.errors import Retry, Stop
from streams.inventory import Declared, Group, UseCase
from streams.registry import Registry
from streams.schema_registry import connect
from streams.settings import Settings
from streams.topic_reader import read_to_end

World = Callable[..., Settings]


def use_case(name: str, title: str = "") -> tuple[str, Declared]:
    return "use_case", UseCase(id=name, title_fr=title, title_en=title)


def test_the_sequence_grows_though_the_clock_goes_back(apart: World) -> None:
    settings = apart(partitions=2)
    wire = connect(settings)
    declare(settings, wire, [use_case("a")], 100, "test")
    declare(settings, wire, [use_case("b")], 50, "test")
    found = registered(settings, wire)
    assert set(found.all("use_case")) == {"a", "b"}
    assert found.sequence == 101


def test_who_declares_meanwhile_wins_and_the_other_is_told(apart: World) -> None:
    settings = apart(partitions=2)
    wire = connect(settings)

    def decide(registry: Registry) -> Batch:
        declare(settings, wire, [use_case("a", "theirs")], 2, "they")
        kind, ours = use_case("a", "ours")
        return Batch([(kind, "a", ours)], [("D", 1)])

    with pytest.raises(Retry, match="somebody else declares at the same time"):
        publish(settings, wire, decide, 1, "we")
    assert registered(settings, wire).get("use_case", "a").title_fr == "theirs"  # type: ignore[union-attr]
    pending = topics.PENDING.name(settings.topic_prefix)
    assert [read_to_end(settings, pending, p) for p in range(2)] == [{}, {}]


def test_what_names_something_that_is_not_declared_is_refused(apart: World) -> None:
    settings = apart(partitions=2)
    wire = connect(settings)
    group = {"id": "g", "title_fr": "", "title_en": "", "use_cases": ["a"]}
    with pytest.raises(Stop, match="group g: use_case 'a' is not declared"):
        declare(settings, wire, [("group", Group.model_validate(group))], 1, "test")
    declare(settings, wire, [use_case("a")], 1, "test")
    declare(settings, wire, [("group", Group.model_validate(group))], 2, "test")

    def remove(_: Registry) -> Batch:
        return Batch([("group", "g", None)])

    publish(settings, wire, remove, 3, "test")
    assert set(registered(settings, wire).all("group")) == set()


class _Interrupted(list[tuple[str, int]]):
    """Days that an operator does not wait for, once the rest is on its way to the broker."""

    def __iter__(self) -> Iterator[tuple[str, int]]:
        time.sleep(2)
        raise KeyboardInterrupt


def test_what_is_broken_off_holds_up_nobody_who_reads(apart: World) -> None:
    settings = apart(partitions=1)
    wire = connect(settings)
    declare(settings, wire, [use_case("a")], 1, "test")

    def decide(_: Registry) -> Batch:
        kind, ours = use_case("b")
        return Batch([(kind, "b", ours)], _Interrupted())

    with pytest.raises(KeyboardInterrupt):
        publish(settings, wire, decide, 2, "test")
    assert set(registered(settings, wire).all("use_case")) == {"a"}
