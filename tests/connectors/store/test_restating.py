"""What a run supersedes is on record before it is written, and only once."""

from typing import Any

import pyarrow as pa

from connectors.store.restating import above, history
from connectors.store.tables import SCHEMAS
from tests.connectors.store.records import MINUTE, START, observation

_NONE = {"counter": None, "payload_size": None, "clock_offset": None}


def rows(*every: dict[str, Any]) -> pa.Table:
    return pa.Table.from_pylist([_NONE | row for row in every], SCHEMAS["observations"])


def test_a_row_of_the_history_for_each_that_is_written() -> None:
    old = observation(revision=5)
    written = rows(
        observation(revision=9, value=1.0, flag=3),
        observation(at=START + MINUTE, revision=9, value=2.0),
        observation(at=START + 2 * MINUTE, revision=10, is_deleted=True, value=None),
    )
    gone = observation(at=START + 2 * MINUTE, revision=6, value=7.0)
    found = history("observations", "r", written, rows(gone, old), rows()).to_pylist()
    told = [
        (r["written"], r["revision"], r["is_deleted"], r["withdrawn"], r["value"], r["new_value"])
        for r in found
    ]
    assert told == [
        (9, 5, False, False, 42.0, 1.0),
        (9, 0, True, False, None, 2.0),
        (10, 6, False, True, 7.0, None),
    ]
    assert [r["new_flag"] for r in found][:2] == [3, 1]
    assert {r["run"] for r in found} == {"r"}
    assert found[0]["tests"] == [("gross_range", 1), ("spike", 2)]


def test_what_was_there_before_the_run_stays_on_record_when_it_writes_again() -> None:
    before, between = observation(revision=5, value=1.0), observation(revision=9, value=2.0)
    written = rows(observation(revision=10, value=3.0))
    (found,) = history("observations", "r", written, rows(between), rows(before)).to_pylist()
    assert (found["written"], found["revision"]) == (10, 5)
    assert (found["value"], found["new_value"]) == (1.0, 3.0)


def test_a_tombstone_that_nobody_sees_does_not_hide_what_is_written() -> None:
    written = rows(observation(revision=5), observation(at=START + MINUTE, revision=8))
    assert above(written, 0)["revision"].to_pylist() == [5, 8]
    assert above(written, 7)["revision"].to_pylist() == [8, 8]
