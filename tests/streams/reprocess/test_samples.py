"""Stored rows, in whatever order they come, are the same samples and the same series."""

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from connectors.store.tables import SCHEMAS, arrow
from streams.reprocess.arrow import together
from streams.reprocess.compare import grouped
from streams.reprocess.samples import COLUMNS, stored

DEVICES, NAMES, CHANNELS = ("d2", "d1"), ("b", "a", "c"), ("", "1")
series = st.tuples(*(st.sampled_from(of) for of in (DEVICES, NAMES, CHANNELS)))
known = st.dictionaries(st.tuples(series, st.integers(0, 9)), st.booleans(), max_size=30)


def _table(rows: list[tuple[tuple[tuple[str, str, str], int], bool]]) -> pa.Table:
    """Rows of these series and instants, some of which another frame claims too."""
    nothing = {field.name: None for field in SCHEMAS["observations"]}
    said = [
        nothing
        | {"device": device, "property": name, "channel": channel, "observed_at": at}
        | {"frame_id": at.to_bytes(16, "big"), "arrival": at + 1, "raw": at / 2}
        | {"tests": {"duplicate_conflict": 3} if twice else {}}
        for ((device, name, channel), at), twice in rows
    ]
    return arrow("observations", said).select(COLUMNS)


@given(known, st.randoms())
def test_samples_do_not_depend_on_the_order_of_the_rows(
    rows: dict[tuple[tuple[str, str, str], int], bool], random: st.DataObject
) -> None:
    ordered = sorted(rows.items())
    shuffled = list(ordered)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    expected: dict[tuple[str, str, str], list[int]] = {}
    for (of, at), twice in ordered:
        expected.setdefault(of, []).extend([at] * (1 + twice))
    for one in (ordered, shuffled):
        found = stored(_table(one))
        samples = {(d, *key): rows for d, all_of in found.items() for key, rows in all_of.items()}
        assert {of: rows["at"].tolist() for of, rows in samples.items()} == expected
        for rows_of in samples.values():
            assert (rows_of["value"] == rows_of["at"] / 2).all()
            assert (rows_of["arrival"] == rows_of["at"] + 1).all()


@given(st.lists(series), st.booleans())
def test_rows_are_grouped_by_their_series(of: list[tuple[str, str, str]], coded: bool) -> None:
    texts = [pa.array([row[i] for row in of], pa.string()) for i in range(3)]
    columns = [text.dictionary_encode() if coded else text for text in texts]
    places, names = grouped(pa.table(columns, ["device", "property", "channel"]))
    assert [names[place] for place in places.tolist()] == [(d, (n, c)) for d, n, c in of]
    assert len(set(names)) == len(names) == len(set(of))


@given(st.lists(st.tuples(*(st.integers(0, 400) for _ in range(3)))))
def test_many_different_texts_are_grouped_too(of: list[tuple[int, int, int]]) -> None:
    """So many that there is no table of all that there could be."""
    every = [tuple(f"{n:03}" for n in row) for row in of]
    unlike = [(f"{n}", f"{n}", f"{n}") for n in range(1000, 1060)]
    rows = every + unlike
    columns = [pa.chunked_array([pa.array([row[i] for row in rows])]) for i in range(3)]
    places, names = together(columns)
    assert [tuple(names[place]) for place in places.tolist()] == rows
    assert places.max() + 1 == len(names) == len(np.unique(places))
