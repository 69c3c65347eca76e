"""Revisions: what changed goes out once, with a higher number; what vanished is a tombstone."""

from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from streams import revisions
from streams.device_state import nothing_sent
from streams.revisions import Changes, digest, handed_over


def changes(sent: Any, at: Any, digests: Any, clock: int, since: int) -> Changes:
    """Of the rows from ``since`` on."""
    return revisions.changes(sent, at, digests, clock, sent["at"] >= since, at >= since)


def unsaid(sent: Any, at: Any, digests: Any, since: int, until: int) -> set[int]:
    """Of the rows in between."""
    known = (sent["at"] >= since) & (sent["at"] < until)
    here = (at >= since) & (at < until)
    return revisions.unsaid(sent[known], at[here], digests[here])


tables = st.lists(st.dictionaries(st.integers(0, 30), st.integers(1, 3), max_size=12), max_size=8)


@given(tables, st.lists(st.integers(0, 100), min_size=8, max_size=8))
def test_following_the_changes_gives_the_table(states: list[dict[int, int]], clocks: list) -> None:
    sent, seen, numbers = nothing_sent(), {}, {}
    for table, clock in zip(states, clocks, strict=False):
        at = np.array(sorted(table), np.int64)
        content = np.array([table[a] for a in sorted(table)], np.uint64)
        said = changes(sent, at, content, clock, -1)
        for i, revision in zip(said.index, said.revision, strict=True):
            assert seen.get(at[i]) != content[i], "said again without a change"
            assert revision > numbers.get(at[i], -1)
            assert revision >= clock
            seen[int(at[i])], numbers[int(at[i])] = int(content[i]), revision
        for gone in said.gone:
            assert gone["revision"] > numbers[gone["at"]]
            del seen[int(gone["at"])]
            numbers[int(gone["at"])] = gone["revision"]
        assert seen == table
        sent = said.sent
        assert changes(sent, at, content, clock, -1).index.size == 0


def test_rows_of_the_batch_are_left_alone() -> None:
    at, content = np.array([1, 5, 9], np.int64), np.array([1, 1, 1], np.uint64)
    said = changes(nothing_sent(), at, content, 100, 5)
    assert at[said.index].tolist() == [5, 9]
    later = changes(said.sent, np.array([9], np.int64), np.array([1], np.uint64), 101, 6)
    assert later.gone.size == 0
    assert later.sent["at"].tolist() == [5, 9]


@given(st.lists(st.tuples(st.floats(), st.integers(0, 9), st.binary(max_size=16)), max_size=9))
def test_a_digest_is_a_function_of_the_row_and_never_zero(rows: list) -> None:
    columns = [
        np.array([r[0] for r in rows], np.float64),
        np.array([r[1] for r in rows], np.uint8),
        np.array([r[2] for r in rows], "S16"),
    ]
    found = digest(columns, len(rows))
    assert (found != 0).all()
    for i in range(len(rows)):
        assert digest([c[i : i + 1] for c in columns], 1)[0] == found[i]
    if len(rows):
        columns[1] = columns[1] + np.uint8(1)
        assert (digest(columns, len(rows)) != found).all()


_tables = st.dictionaries(st.integers(0, 20), st.integers(1, 3), max_size=12)


@given(_tables, _tables, st.integers(0, 20))
def test_what_somebody_else_is_told_to_say_is_told_once(
    before: dict[int, int], now: dict[int, int], until: int
) -> None:
    def columns(table: dict[int, int]) -> tuple[Any, Any]:
        at = sorted(table)
        return np.array(at, np.int64), np.array([table[a] for a in at], np.uint64)

    sent = changes(nothing_sent(), *columns(before), 7, -1).sent
    left = unsaid(sent, *columns(now), 0, until)
    wanted = {a for a in range(until) if before.get(a) != now.get(a)}
    assert left == wanted
    told = handed_over(sent, *columns(now), left)
    assert unsaid(told, *columns(now), 0, until) == set()
    assert (np.diff(told["at"]) > 0).all()
    others = ~np.isin(sent["at"], sorted(left))
    assert (told[~np.isin(told["at"], sorted(left))] == sent[others]).all()
    assert dict(zip(told["at"].tolist(), told["revision"].tolist(), strict=True)) == {
        **dict.fromkeys(left, 0),
        **dict.fromkeys(before, 7),
    }
