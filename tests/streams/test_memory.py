"""What a worker remembers: written and read back as it was, and looked at when its time comes."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.conditions import WHOLE, Condition
from streams.errors import Stop
from streams.memory import Deadlines, Memory, Watched, memory_key, memory_within, unpack

instants = st.integers(1, 1 << 52)
texts = st.text(max_size=8)
turns = st.lists(st.tuples(instants, st.integers(1, 4), texts), min_size=1, max_size=3)
conditions = st.builds(
    Condition,
    texts,
    st.tuples(texts, texts),
    instants,
    st.none() | instants,
    turns.map(tuple),
    instants,
    st.lists(texts, max_size=2).map(tuple),
)
memories = st.builds(
    Memory,
    instants,
    texts,
    st.dictionaries(st.integers(0, (1 << 64) - 1), texts, max_size=3),
    st.dictionaries(st.tuples(texts, texts), instants, max_size=3),
    st.lists(conditions, max_size=4).map(lambda some: {c.name: c for c in some}),
)


@given(memories)
def test_a_memory_is_read_back_as_it_was(memory: Memory) -> None:
    packed = memory.pack()
    assert unpack(packed) == memory
    assert unpack(packed).pack() == packed


def test_a_memory_of_a_later_version_stops_the_worker() -> None:
    later = json.dumps(json.loads(Memory().pack()) | {"version": 2}).encode()
    with pytest.raises(Stop, match=r"memory of format 2.*start the later version"):
        Watched().restore(memory_key("D"), later)


def test_a_record_tells_of_a_span_where_anything_in_it_does() -> None:
    said = Condition("silent", WHOLE, 50, None, ((50, 2, "no frame"),))
    value = Memory(heard=20, first={("p", ""): 10}, said={said.name: said}).pack()
    for span, told in (((20, 21), True), ((10, 11), True), ((50, 51), True), ((21, 50), False)):
        assert memory_within(memory_key("D"), value, "D", [span]) is told
        assert not memory_within(memory_key("DD"), value, "D", [span])
    assert not memory_within(memory_key("D"), None, "D", [(0, 99)])
    assert not memory_within(memory_key("D"), Memory().pack(), "D", [(-99, 99)])


def test_a_deadline_that_was_put_off_is_not_due() -> None:
    deadlines = Deadlines()
    for device, at in (("a", 10), ("b", 20), ("c", 5), ("a", 30), ("c", None)):
        deadlines.put(device, at)
    assert list(deadlines.due(19)) == []
    assert list(deadlines.due(30)) == ["b", "a"]
    assert list(deadlines.due(99)) == []
    deadlines.put("a", 40)
    assert list(deadlines.due(40)) == ["a"]


@given(st.lists(st.tuples(st.sampled_from("abc"), st.none() | st.integers(0, 30), st.booleans())))
def test_deadlines_are_those_put_last_in_the_order_of_time(given: list[Any]) -> None:
    deadlines, plain, clock = Deadlines(), dict[str, int](), 0
    for device, at, look in given:
        deadlines.put(device, at)
        plain.pop(device, None)
        if at is not None:
            plain[device] = at
        if look:
            clock += 7
            due = sorted((at, name) for name, at in plain.items() if at <= clock)
            assert list(deadlines.due(clock)) == [name for _, name in due]
            plain = {name: at for name, at in plain.items() if at > clock}


def test_a_device_that_is_heard_again_and_again_is_queued_once() -> None:
    deadlines = Deadlines()
    for at in range(10, 1000):
        deadlines.put("a", at)
    assert len(deadlines._heap) == 1
    assert list(deadlines.due(998)) == []
    assert list(deadlines.due(999)) == ["a"]
