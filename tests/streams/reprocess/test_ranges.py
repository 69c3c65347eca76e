"""What a run writes and reads for what is asked."""

from itertools import pairwise
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.store.tables import SCHEMAS
from streams.duration import DAY, HOUR, SECOND
from streams.inventory import NEVER
from streams.registry import Registry
from streams.reprocess import arrow
from streams.reprocess.contract import Job, Selection, Task
from streams.reprocess.ranges import ranges, tasks
from streams.reprocess.task import judge
from streams.samples import Rows
from tests.agreement.core import declared, registry
from tests.streams.reprocess.memory import bits, records
from tests.streams.reprocess.series import DEVICE, SINCE, device, history, linear, prop, taking


def test_each_range_holds_the_one_before() -> None:
    found = ranges((SINCE + 5 * SECOND, SINCE + 7 * SECOND), 2 * HOUR, NEVER)
    assert found.write == (SINCE - 2 * HOUR, SINCE + 3 * HOUR)
    assert found.read == (SINCE - 4 * HOUR, SINCE + 5 * HOUR)


def test_what_live_owns_is_read_and_not_written() -> None:
    until = SINCE + 90 * SECOND
    found = ranges((SINCE, SINCE + DAY), HOUR, until)
    assert (found.write[1], found.read[1]) == (until, until + HOUR)
    snapshot = registry(declared([prop("p"), device()]))
    assert tasks([Selection((DEVICE,), SINCE + DAY, SINCE + 2 * DAY)], snapshot, SINCE) == []


def test_tasks_are_a_month_of_some_devices_and_write_no_row_twice() -> None:
    names = [f"D{i}" for i in range(5)]
    snapshot = registry(declared([prop("p"), *(device(name) for name in names)]))
    whole = Selection(tuple(names), SINCE, SINCE + 40 * DAY)
    again = Selection((names[0],), SINCE + DAY, SINCE + 3 * DAY)
    found = tasks([whole, again, Selection(("unknown",), SINCE, NEVER)], snapshot, NEVER, chunk=2)
    assert len({task.id for task in found}) == len(found)
    assert [task.id for task in tasks([whole, again], snapshot, NEVER, chunk=2)] == [
        task.id for task in found
    ]
    for name in names:
        spans = sorted(task.write for task in found if name in task.devices)
        assert all(before[1] == after[0] for before, after in pairwise(spans))
        assert spans[0][0] <= SINCE
        assert spans[-1][1] >= SINCE + 40 * DAY


def test_a_task_holds_no_more_samples_than_memory_bears() -> None:
    names = [f"D{i}" for i in range(5)]
    fast = (device(name, nominal_period=10.0) for name in names)
    snapshot = registry(declared([prop("p"), *fast]))
    held = {name: [("p", "")] for name in names}
    span = SINCE + DAY, SINCE + 29 * DAY
    found = tasks([Selection(tuple(names), *span)], snapshot, NEVER, held)
    assert [task.devices for task in found] == [("D0", "D1"), ("D2", "D3"), ("D4",)]


def test_of_a_property_what_depends_on_it_is_written_too() -> None:
    snapshot = registry(declared([prop("p"), prop("q"), prop("r"), device(), taking("q", "p")]))
    held = {DEVICE: [("p", ""), ("q", ""), ("r", "")]}
    selection = Selection((DEVICE,), SINCE + 9 * DAY, SINCE + 10 * DAY, frozenset({"p"}))
    (task,) = tasks([selection], snapshot, NEVER, held)
    assert task.properties == {"p", "q"}
    selection = Selection((DEVICE,), SINCE + 9 * DAY, SINCE + 10 * DAY, frozenset({"r"}))
    (task,) = tasks([selection], snapshot, NEVER, held)
    assert task.properties == {"r"}


_seconds = st.integers(60, 7200)
_TESTS = st.fixed_dictionaries(
    {},
    optional={
        "spike": st.fixed_dictionaries(
            {"suspect": st.just(3.0), "fail": st.just(9.0), "max_gap": _seconds}
        ),
        "flat_line": st.fixed_dictionaries(
            {"suspect": _seconds, "fail": st.just(9000), "tolerance": st.just(1.0)}
        ),
        "rate_of_change": st.fixed_dictionaries({"suspect": st.just(0.01), "max_gap": _seconds}),
    },
)


@st.composite
def _declared(draw: st.DrawFn) -> Registry:
    """Three properties with any tests; one may be corrected by another, and that by a third."""
    kinds = st.sampled_from(["instantaneous", "level", "index", "angle", "state"])
    items = [prop(name, draw(kinds)) for name in ("p", "q", "r")]
    items += [
        ("profile", {"id": name, "property": name, "tests": draw(_TESTS)})
        for name in ("p", "q", "r")
    ]
    items += [linear("p"), device()]
    for name, by in (("q", "p"), ("r", "q")):
        items += [taking(name, by, draw(st.integers(0, 3600)))] if draw(st.booleans()) else []
    return registry(declared(items))


def _rows(task: Task, snapshot: Registry, samples: dict[Any, Rows]) -> list[dict[str, Any]]:
    inside = {
        key: rows[(rows["at"] >= task.read[0]) & (rows["at"] < task.read[1])]
        for key, rows in samples.items()
    }
    found = judge(task, Job(snapshot, 0, SCHEMAS), {DEVICE: inside})
    tables = [
        arrow.table(found.blocks[name], SCHEMAS[name]) for name in SCHEMAS if name in found.blocks
    ]
    return [bits(row) for table in tables for row in records(table)]


@settings(max_examples=10)
@given(
    snapshot=_declared(),
    seed=st.integers(0, 1 << 32),
    begin=st.integers(0, 48 * 3600),
    length=st.integers(1, 6 * 3600),
)
def test_judging_the_read_range_gives_the_rows_that_all_history_gives(
    snapshot: Registry, seed: int, begin: int, length: int
) -> None:
    rng = Random(seed)
    samples = {(name, ""): history(rng, 120, 48 * 3600) for name in ("p", "q", "r")}
    since = SINCE + begin * SECOND
    held = {DEVICE: list(samples)}
    selection = Selection((DEVICE,), since, since + length * SECOND)
    for task in tasks([selection], snapshot, SINCE + 40 * HOUR + 7 * SECOND, held):
        whole = Task(task.id, task.devices, task.write, (SINCE - DAY, SINCE + 3 * DAY))
        assert _rows(task, snapshot, samples) == _rows(whole, snapshot, samples)


@settings(max_examples=10)
@given(
    snapshot=_declared(),
    seed=st.integers(0, 1 << 32),
    at=st.integers(0, 119),
    change=st.sampled_from([-40.0, 0.5, 60.0]),
)
def test_no_row_beyond_the_write_range_depends_on_what_is_dirty(
    snapshot: Registry, seed: int, at: int, change: float
) -> None:
    rng = Random(seed)
    samples = {(name, ""): history(rng, 120, 48 * 3600) for name in ("p", "q", "r")}
    other = {key: rows.copy() for key, rows in samples.items()}
    name = rng.choice("pqr"), ""
    other[name]["value"][at] += change
    dirty = int(other[name]["at"][at])
    held = {DEVICE: list(samples)}
    found = tasks([Selection((DEVICE,), dirty, dirty + 1)], snapshot, NEVER, held)
    since, until = found[0].write[0], found[-1].write[1]
    everything = Task("", (DEVICE,), (SINCE - DAY, SINCE + 3 * DAY), (SINCE - DAY, SINCE + 3 * DAY))
    before, after = _rows(everything, snapshot, samples), _rows(everything, snapshot, other)
    for row, now in zip(before, after, strict=True):
        when = row.get("observed_at", row.get("start"))
        if not since <= when < until:
            assert row == now


@pytest.mark.parametrize("until", [SINCE + HOUR, SINCE + HOUR + 400 * SECOND])
def test_windows_that_the_horizon_cuts_are_live_s(until: int) -> None:
    snapshot = registry(declared([prop("p"), device()]))
    samples = {("p", ""): history(Random(1), 100, 4 * 3600)}
    task = tasks([Selection((DEVICE,), SINCE, SINCE + DAY)], snapshot, until)[-1]
    found = judge(task, Job(snapshot, 0, SCHEMAS), {DEVICE: samples})
    table = arrow.table(found.blocks["windows"], SCHEMAS["windows"])
    ends = [row["start"] + row["duration"] * SECOND for row in records(table)]
    assert ends
    assert max(ends) <= until
