"""Rows that a run reads and writes: what is superseded first, into the history.

Killed in between, a run is resumed and writes the same again; the history keeps what a row was
before the run, whatever the run wrote there in several tries.
"""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from clickhouse_connect.driver.client import Client

from connectors.store.batch import ask, columns
from connectors.store.client import answered
from connectors.store.tables import SCHEMAS
from streams.reprocess.contract import Difference, Span

INSERT = {"async_insert": 0, "max_partitions_per_insert_block": 0, "optimize_on_insert": 0}
"""Acknowledged means stored; a task may span months. No two rows of an insert are of one identity:
to look for such takes ClickHouse as long as the rest of it."""

KEYS = {
    "observations": ("property", "device", "channel", "observed_at"),
    "windows": ("property", "device", "channel", "start", "duration"),
}
HISTORY = {"observations": "observation_history", "windows": "window_history"}
_QUERY = {"observations": "stored_observations", "windows": "stored_windows"}


def stored(client: Client, table: str, devices: Sequence[str], span: Span) -> pa.Table:
    """The current rows of devices in a span, UTC microseconds.

    Raises:
        Retry: ClickHouse does not answer.
        Stop: ClickHouse refuses until somebody acts.
    """
    bound = {"devices": list(devices), "first": span[0], "end": span[1]}
    return columns(client, _QUERY[table], SCHEMAS[table], **bound)


def write(
    client: Client, run: str, devices: Sequence[str], span: Span, difference: Difference
) -> None:
    """Store what differs, with what it supersedes: first that, then the rows.

    Raises:
        Retry: ClickHouse does not answer; the same call goes on where it was.
        Stop: ClickHouse refuses until somebody acts.
    """
    if not difference.rows:
        return
    hidden = _hidden(client, devices, span)
    for name, found in difference.tables.items():
        if found.rows.num_rows:
            rows = above(found.rows, hidden[name])
            before = _before(client, run, name, devices, span)
            _insert(client, HISTORY[name], history(name, run, rows, found.superseded, before))
            _insert(client, name, rows)


def above(rows: pa.Table, revision: int) -> pa.Table:
    """The rows with revisions that also win over a tombstone, which no reader is shown."""
    at = rows.schema.get_field_index("revision")
    mine = rows.column(at).to_numpy()
    if revision == 0 or not len(mine) or mine.min() > revision:
        return rows
    raised = np.maximum(mine, np.uint64(revision + 1))
    return rows.set_column(at, rows.schema.field(at), pa.array(raised, pa.uint64()))


def history(
    name: str, run: str, rows: pa.Table, superseded: pa.Table, before: pa.Table
) -> pa.Table:
    """A row of the history for each that is written: what was there, nothing where it is new.

    ``before`` is what the run has recorded already, of rows that it writes once more.
    """
    known = _found(rows, superseded, KEYS[name])
    recorded = _found(rows, before, KEYS[name])
    again = pc.is_valid(recorded["revision"])
    absent = pc.invert(pc.or_(again, pc.is_valid(known["revision"])))
    out = {"run": pa.repeat(pa.scalar(run), rows.num_rows)}
    out |= {"written": rows["revision"], "withdrawn": rows["is_deleted"]}
    if name == "observations":
        out |= {"new_value": rows["value"], "new_flag": pc.fill_null(rows["flag"], 0)}
    both = pa.concat_tables([known, recorded])
    size = rows.num_rows
    at = pc.if_else(again, pa.array(np.arange(size, 2 * size)), pa.array(np.arange(size)))
    out |= dict(zip(both.column_names, both.take(at).columns, strict=True))
    out |= {key: rows[key] for key in KEYS[name]}
    out["revision"] = pc.fill_null(out["revision"], 0)
    out["is_deleted"] = pc.if_else(absent, True, out["is_deleted"])
    return pa.table(out)


def _found(rows: pa.Table, among: pa.Table, keys: Sequence[str]) -> pa.Table:
    """For each of the rows the one with its key, null where there is none."""
    mine = rows.select(keys).append_column("mine", pa.array(np.arange(rows.num_rows)))
    theirs = among.select(keys).append_column("theirs", pa.array(np.arange(among.num_rows)))
    joined = mine.join(theirs, list(keys), join_type="left outer").sort_by("mine")
    return among.take(joined["theirs"].combine_chunks())


def _hidden(client: Client, devices: Sequence[str], span: Span) -> dict[str, int]:
    """The highest revision of a tombstone of theirs, by table; 0 where there is none."""
    (row,) = ask(client, "hidden_revisions", devices=list(devices), first=span[0], end=span[1])
    return {table: int(row[table] or 0) for table in KEYS}


def _before(client: Client, run: str, name: str, devices: Sequence[str], span: Span) -> pa.Table:
    """What a run has recorded of a table, as rows of that table."""
    bound = {"run": run, "devices": list(devices), "first": span[0], "end": span[1]}
    return columns(client, f"recorded_{name}", SCHEMAS[name], **bound)


def _insert(client: Client, table: str, rows: pa.Table) -> None:
    answered(lambda: client.insert_arrow(table, rows, settings=INSERT))
