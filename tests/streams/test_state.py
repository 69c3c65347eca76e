"""The state: what is packed comes back, and only the hours that changed are written."""

import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.chunks import chunk_key, device_hour, pack, unpack
from streams.device_state import HOUR, SENT, DeviceState, Series, hours
from streams.errors import Stop
from streams.samples import FRAME, ROW, Frames, Rows
from streams.state import PartitionState

T0 = 1_790_000_000_000_000 // HOUR * HOUR

instants = st.lists(st.integers(0, 5 * HOUR), unique=True, max_size=20).map(sorted)
names = st.sampled_from([("fill_level", ""), ("sound_level", "é"), ("", "")])


def rows(at: list[int], frame: bytes = b"f", version: int = 0, arrival: int = 0) -> Rows:
    table = np.zeros(len(at), ROW)
    table["at"] = [T0 + a for a in at]
    table["frame"], table["version"], table["arrival"] = frame, version, arrival
    table["value"] = np.arange(len(at)) / 3
    return table


def met(at: list[int], frame: bytes = b"f", version: int = 0, arrival: int = 0) -> Frames:
    table = np.zeros(len(at), FRAME)
    table["at"], table["frame"] = [T0 + a for a in at], frame
    table["version"], table["arrival"] = version, arrival
    return table


def sent(at: list[int]) -> "np.ndarray[tuple[int], np.dtype[np.void]]":
    table = np.zeros(len(at), SENT)
    table["at"], table["revision"] = [T0 + a for a in at], 7
    table["digest"] = 2**64 - 1
    return table


@given(
    st.dictionaries(names, st.tuples(instants, instants, instants, instants), min_size=1), instants
)
def test_chunks_hold_the_whole_device(content: dict, seen: list[int]) -> None:
    state = DeviceState(
        {k: Series(rows(a), *map(sent, said)) for k, (a, *said) in content.items()},
        frames=met(seen),
    )
    state.series = {k: s for k, s in state.series.items() if len(s)}
    chunks = [pack(state, T0 + h * HOUR) for h in range(-1, 7)]
    back = unpack([c for c in chunks if c])
    assert back.series.keys() == state.series.keys()
    assert back.frames.tobytes() == state.frames.tobytes()
    for key, series in state.series.items():
        for before, after in zip(series.columns(), back.series[key].columns(), strict=True):
            assert before.tobytes() == after.tobytes()


def test_an_empty_hour_is_a_tombstone_only_where_something_was() -> None:
    partition = PartitionState()
    partition.open["D"] = DeviceState({("p", ""): Series(rows([5]))})
    first = dict(partition.chunks("D", {T0, T0 + HOUR}))
    assert len(first) == 1
    assert all(first.values())
    partition.device("D").series.clear()
    assert dict(partition.chunks("D", {T0, T0 + HOUR})) == dict.fromkeys(first)


steps = st.one_of(
    st.tuples(
        st.just("frame"),
        st.sampled_from("AB"),
        st.integers(0, 12 * 4).map(lambda quarter: quarter * HOUR // 4 + 7),
        st.integers(0, 30),
        st.integers(0, 1),
    ),
    st.tuples(st.just("forget"), st.integers(0, 9)),
    st.tuples(st.just("erase"), st.sampled_from("AB"), st.integers(0, 5)),
)


def play(partition: PartitionState, step: tuple) -> list[tuple[bytes, bytes | None]]:
    """What a batch of one step writes."""
    if step[0] == "forget":
        return list(partition.forget(lambda _: T0 + step[1] * HOUR))
    device = partition.device(step[1])
    if step[0] == "frame":
        _, _, at, frame, version = step
        held = {("p", "c" * (frame % 2)): rows([at], b"%d" % frame, version)}
        touched = hours(device.take(b"%d" % frame, held))
        touched |= device.meet(met([at], b"%d" % frame, version))
    else:
        gone = T0 + step[2] * HOUR
        device.series = {k: s.within(gone + HOUR, 1 << 62) for k, s in device.series.items()}
        device.frames = device.frames[device.frames["at"] >= gone + HOUR]
        touched = {gone - n * HOUR for n in range(6)}
    for series in device.series.values():
        said = sent((series.rows["at"] - T0).tolist())
        said["digest"] = 5
        series.observations = said
    written = partition.chunks(step[1], touched)
    if not partition.hours.get(step[1]):
        partition.drop(step[1])
    return written


@given(st.lists(steps, min_size=12, max_size=40))
def test_going_to_rest_and_being_read_back_change_nothing(content: list[tuple]) -> None:
    awake = PartitionState(recent_max=100)
    resting = PartitionState(unpacked_max=0, recent_max=1)
    back = PartitionState(read_max=2)
    told: dict[bytes, bytes | None] = {}
    for step in content:
        written = play(awake, step)
        assert play(resting, step) == written
        assert not resting.idle
        assert [back.absorb(key, value) for key, value in written].count(True) == len(written)
        told.update(written)
    there = {key: value for key, value in told.items() if value is not None}
    places = {key: device_hour(key) for key in there}
    for partition in (awake, resting, back):
        partition.rest()
        known = {chunk_key(d, n * HOUR) for d, runs in partition.hours.items() for n in runs}
        assert known == there.keys()
        assert {key: pack(partition.look(d), hour) for key, (d, hour) in places.items()} == there
        held = sum(len(partition.look(device)) for device in partition.hours)
        assert held == sum(len(unpack([chunk])) for chunk in there.values())
        size = sum(resting.size for resting in partition.packed.values())
        size += sum(state.nbytes for state in partition.idle.values())
        sizes = partition.sizes()
        assert (sizes["chunks"], sizes["bytes"]) == (len(there), size)
        assert sizes["devices"] == len({device for device, _ in places.values()})


def test_what_is_in_hand_does_not_go_to_rest() -> None:
    partition = PartitionState(unpacked_max=0)
    mine = partition.device("A")
    mine.take(b"f", {("p", ""): rows([5])})
    partition.device("B").take(b"g", {("p", ""): rows([5])})
    partition.chunks("B", {T0})
    assert partition.device("A") is mine
    assert len(partition.chunks("A", {T0})) == 1
    assert partition.device("A") is not mine
    assert partition.device("A").series["p", ""].rows["at"].tolist() == [T0 + 5]


def test_the_plan_that_judged_a_device_is_known_after_its_rest() -> None:
    partition = PartitionState(unpacked_max=0)
    partition.device("A").take(b"f", {("p", ""): rows([5])})
    partition.device("A").judged_by = 77
    partition.chunks("A", {T0})
    assert not partition.idle
    assert partition.device("A").judged_by == 77


def test_what_lies_before_the_horizon_is_forgotten_in_memory_and_on_the_topic() -> None:
    written = PartitionState()
    written.open["D"] = DeviceState({("p", ""): Series(rows([5, HOUR + 5, 2 * HOUR + 5]))})
    chunks = dict(written.chunks("D", {T0, T0 + HOUR, T0 + 2 * HOUR}))
    for reopened in (False, True):
        partition = PartitionState()
        for key, value in chunks.items():
            partition.restore(key, value or b"")
        if reopened:
            partition.device("D")
        gone = dict(partition.forget(lambda _: T0 + HOUR + 10))
        assert list(gone.values()) == [None]
        assert gone.keys() < chunks.keys()
        kept = partition.device("D").series["p", ""].rows["at"].tolist()
        assert kept == [T0 + HOUR + 5, T0 + 2 * HOUR + 5]
        assert len(dict(partition.forget(lambda _: T0 + 9 * HOUR))) == 2
        assert not partition.open
        assert not partition.packed


def test_of_copies_the_higher_version_then_the_smaller_arrival_counts() -> None:
    copies = [(0, 30, [1]), (0, 20, [2]), (1, 90, [3, 4]), (1, 95, [5])]
    for order in (copies, copies[::-1], [copies[2], copies[0], copies[3], copies[1]]):
        state = DeviceState()
        for version, arrival, at in order:
            state.take(b"f", {("p", ""): rows(at, b"f", version, arrival)})
        assert state.series["p", ""].rows["at"].tolist() == [T0 + 3, T0 + 4]
        assert state.take(b"f", {("p", ""): rows([3, 4], b"f", 1, 90)}) == set()


def test_a_frame_without_values_still_replaces_its_copy() -> None:
    state = DeviceState()
    state.take(b"f", {("p", ""): rows([1], b"f", 0)})
    assert state.take(b"f", {("", ""): rows([1], b"f", 1)}) == {T0 + 1}
    assert len(state.series["p", ""].rows) == 0
    assert state.take(b"f", {("p", ""): rows([1], b"f", 0)}) == set()


def test_a_later_format_stops_the_worker_with_the_remedy() -> None:
    chunk = pack(DeviceState({("p", ""): Series(rows([1]))}), T0)
    assert chunk
    with pytest.raises(Stop, match="later version"):
        unpack([b"\x63" + chunk[1:]])


def test_of_copies_of_a_frame_one_is_met_whatever_their_order() -> None:
    copies = [(0, 30, 1), (0, 20, 2), (1, 90, 3), (1, 95, 4)]
    for order in (copies, copies[::-1], [copies[2], copies[0], copies[3], copies[1]]):
        state = DeviceState()
        state.meet(met([7], b"other"))
        for version, arrival, at in order:
            state.meet(met([at], b"f", version, arrival))
        assert state.frames["at"].tolist() == [T0 + 3, T0 + 7]
        assert state.meet(met([3], b"f", 1, 90)) == set()


def test_a_chunk_of_the_first_format_is_read_and_what_it_had_not_is_not_known() -> None:
    series = Series(rows([1]), sent([1]), sent([0]))
    names = struct.pack("<H", 1) + b"p" + struct.pack("<H", 0)
    old = [name for name in ROW.names or () if name not in ("size", "offset")]
    packed = [bytes(series.rows[name].tobytes()) for name in old]
    chunk = struct.pack("<BH", 1, 1) + names + struct.pack("<III", 1, 1, 1) + b"".join(packed)
    state = unpack([chunk + series.observations.tobytes() + series.windows.tobytes()])
    back = state.series["p", ""]
    assert [back.rows[name].tolist() for name in old] == [series.rows[n].tolist() for n in old]
    assert back.rows["size"].tolist() == [-1]
    assert np.isnan(back.rows["offset"]).all()
    assert back.windows.tobytes() == series.windows.tobytes()
    assert not len(back.hours)
    assert not len(state.frames)


def test_a_chunk_of_the_second_format_is_read_as_one_of_today() -> None:
    series = Series(rows([1, 2]), sent([1]), sent([0]), sent([0]))
    state = DeviceState({("p", "c"): series}, frames=met([1], b"f"))
    names = b"".join(struct.pack("<H", 1) + name for name in (b"p", b"c"))
    tables = b"".join(table.tobytes() for table in series.columns())
    head = struct.pack("<BHI", 2, 1, 1) + state.frames.tobytes()
    former = unpack([head + names + struct.pack("<IIII", 2, 1, 1, 1) + tables])
    chunk = pack(state, T0)
    assert chunk
    for back in (former, unpack([chunk])):
        assert back.frames.tobytes() == state.frames.tobytes()
        found = back.series["p", "c"].columns()
        assert [t.tobytes() for t in found] == [t.tobytes() for t in series.columns()]


def test_a_chunk_takes_a_fraction_of_its_samples() -> None:
    minutes = list(range(0, 3600, 60))
    held = Series(rows(minutes), sent(minutes), sent([0]), sent([0]))
    chunk = pack(DeviceState({("p", ""): held}), T0)
    assert chunk
    assert 2 * len(chunk) < sum(table.nbytes for table in held.columns())
