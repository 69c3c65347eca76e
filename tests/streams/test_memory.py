"""What a worker remembers: written and read back as it was, and looked at when its time comes."""

import json

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
