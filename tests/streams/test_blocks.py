"""A block is a device: what goes in comes out, and takes a quarter of the room."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from streams.blocks import block, device_of
from streams.chunks import TABLES
from streams.device_state import DeviceState, Series
from streams.samples import FRAME, ROW

names = st.tuples(st.sampled_from(["p", "sound_level", ""]), st.sampled_from(["", "é"]))


def tables(dtype: np.dtype) -> st.SearchStrategy[np.ndarray]:
    """Any bytes as rows of a table."""
    raw = arrays(np.uint8, st.tuples(st.integers(0, 5), st.just(dtype.itemsize)))
    return raw.map(lambda some: some.view(dtype).reshape(len(some)))


series = st.tuples(*map(tables, TABLES)).map(lambda some: Series(*some))


@given(st.dictionaries(names, series, max_size=3), tables(FRAME))
def test_whatever_the_tables_hold_comes_back(content: dict, frames: np.ndarray) -> None:
    back = device_of(block(DeviceState(content, frames=frames)))
    assert list(back.series) == list(content)
    assert back.frames.tobytes() == frames.tobytes()
    for key, held in content.items():
        for before, after in zip(held.columns(), back.series[key].columns(), strict=True):
            assert (before.dtype, before.tobytes()) == (after.dtype, after.tobytes())
            assert after.flags.writeable


def test_the_readings_of_two_days_take_a_quarter_of_their_tables() -> None:
    rng = np.random.default_rng(5)
    rows, frames = np.zeros(192, ROW), np.zeros(192, FRAME)
    at = np.arange(192) * 900_000_000 + rng.integers(0, 2_000_000, 192)
    arrival, names = at + rng.integers(0, 2_000_000, 192), rng.bytes(16 * 192)
    for table in (rows, frames):
        table["at"], table["arrival"] = at, arrival
        table["frame"] = np.frombuffer(names, "S16")
    rows["value"] = rng.integers(150, 250, 192) / 10
    state = DeviceState({("p", ""): Series(rows)}, frames=frames)
    assert 4 * len(block(state)) < state.nbytes
