"""A snapshot is what was declared, by whatever changes; what they leave it shares."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.inventory import Verdict
from streams.registry import Registry
from tests.streams.inventories import NAMES, changes, inventory

SEEDS = st.integers(0, 2**32)
OWNERS = ("D", "E", None)


@given(SEEDS, st.lists(st.integers(1, 8), max_size=6), st.booleans())
def test_a_snapshot_after_changes_is_the_one_that_is_made_of_what_they_leave(
    seed: int, sizes: list[int], asked: bool
) -> None:
    chance = Random(seed)
    found, objects = Registry(), {}
    for batch in (
        [(kind, one.id, one) for kind, one in inventory(chance)],
        *([*changes(chance, size)] for size in sizes),
    ):
        found = found.after(batch)
        for kind, name, declared in batch:
            objects.pop((kind, name), None)
            objects |= {(kind, name): declared} if declared else {}
        if asked:
            found.of("verdict", "D")
    expected = Registry().after((kind, name, one) for (kind, name), one in objects.items())
    for kind in NAMES:
        assert dict(found.all(kind)) == dict(expected.all(kind))
        assert [found.get(kind, n) for n in NAMES[kind]] == [
            objects.get((kind, n)) for n in NAMES[kind]
        ]
        for owner in OWNERS:
            assert found.of(kind, owner) == expected.of(kind, owner)


@given(SEEDS)
def test_the_objects_of_a_device_are_in_the_order_of_their_ids(seed: int) -> None:
    found = Registry().after((kind, one.id, one) for kind, one in inventory(Random(seed)))
    for kind in NAMES:
        mine = [one for one in found.all(kind).values() if getattr(one, "device", None) == "D"]
        assert list(found.of(kind, "D")) == sorted(mine, key=lambda one: one.id)


@given(SEEDS)
def test_what_names_a_device_stays_the_same_while_nothing_of_it_changes(seed: int) -> None:
    before = Registry().after((kind, one.id, one) for kind, one in inventory(Random(seed)))
    own = {owner: before.owned(owner) for owner in OWNERS}
    said = Verdict(id="1", device="E", flag="fail", author="a", reason="r")
    of = {getattr(before.get("verdict", "1"), "device", "E"), "E"}
    after = before.having("verdict", "1", said)
    assert {owner for owner in OWNERS if after.owned(owner) is not own[owner]} == of
    assert {owner for owner in OWNERS if before.owned(owner) is not own[owner]} == set()
    assert said in after.of("verdict", "E")


def test_the_same_object_said_again_is_there_once() -> None:
    said = Verdict(id="1", device="D", flag="fail", author="a", reason="r")
    found = Registry().having("verdict", "1", said)
    assert found.of("verdict", "D") == (said,)
    assert found.having("verdict", "1", said).of("verdict", "D") == (said,)
    assert found.having("verdict", "1", None).of("verdict", "D") == ()


@pytest.mark.parametrize("sequences", [(3, 5), (5, 3)])
def test_the_sequence_is_the_highest_that_was_read(sequences: tuple[int, int]) -> None:
    found = Registry()
    for sequence in sequences:
        found = found.after((), sequence)
    assert found.sequence == 5
