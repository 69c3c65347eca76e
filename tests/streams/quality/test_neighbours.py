"""Neighbours against their definition, with Python's own median."""

import math
from dataclasses import replace
from statistics import median

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from streams.quality.neighbours import NEIGHBOURS, Neighbours
from tests.streams.quality.lines import columns, line

PARAMS = Neighbours(uncertainty=2, within=600)
values = st.integers(0, 60).map(float) | st.just(math.nan)


def naive(x: float, peers: list[float]) -> int:
    there = [p for p in peers if p == p]
    if math.isnan(x):
        return 9
    if len(there) < 3:
        return 2
    middle = median(there)
    spread = max(1.4826 * median(abs(p - middle) for p in there), 2)
    return 3 if abs(x - middle) > 3.5 * spread else 1


@given(st.lists(st.tuples(values, values, values, values, values, values), max_size=20))
def test_equals_its_definition(rows: list[tuple[float, ...]]) -> None:
    c = columns(line([(900, row[0]) for row in rows]))
    peers = {f"p{i}": np.array([row[i] for row in rows], np.float64) for i in range(1, 6)}
    found = NEIGHBOURS.check(replace(c, peers=peers), PARAMS).tolist()
    assert found == [naive(row[0], list(row[1:])) for row in rows]


def test_just_the_limit_is_good() -> None:
    c = columns(line([(900, x) for x in (27.0, 27.001, 13.0, 12.999)]))
    peers = {name: np.full(4, 20.0) for name in "abc"}
    assert NEIGHBOURS.check(replace(c, peers=peers), PARAMS).tolist() == [1, 3, 1, 3]


def test_it_needs_three_good_peers_and_never_fails() -> None:
    c = columns(line([(900, 1000.0), (900, 1000.0), (900, 21.0)]))
    peers = {"a": [20, 20, 20], "b": [21, 21, 21], "c": [22, math.nan, 22]}
    c = replace(c, peers={name: np.array(x, np.float64) for name, x in peers.items()})
    assert NEIGHBOURS.check(c, PARAMS).tolist() == [3, 2, 1]
