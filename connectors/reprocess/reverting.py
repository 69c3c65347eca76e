"""A run taken back: what was there before it stands again, where nothing else has changed since.

It is a run itself: it records what it supersedes, so that it can be taken back as well. Each step
is one statement of the store, safe to repeat: the rows that are still the run's are recorded with
the revision that they will have, then they are written with it.
"""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from importlib.metadata import version
from typing import Any

from clickhouse_connect.driver.client import Client

from connectors.reprocess.alive import held
from connectors.reprocess.running import name
from connectors.reprocess.work import Place
from connectors.store import runs
from connectors.store.batch import ask
from connectors.store.client import answered
from connectors.store.restating import HISTORY, INSERT, KEYS
from connectors.store.runs import Run
from connectors.store.tables import SCHEMAS
from streams.errors import Stop


def revert(place: Place, run: Run, author: str, reason: str) -> Run:
    """Restore what a run superseded, where the row is still the run's; the run that did so.

    Its counts say how many rows were ``restored``, and how many were ``left`` because somebody has
    written them since.

    Raises:
        Stop: the run cannot be reverted: it is at work, or was reverted already.
        Retry: a server does not answer; do it again.
    """
    if run.state == runs.REVERTED:
        raise Stop(f"run {run.run} was reverted already")
    with held(place.settings.home, run.run):
        if run.state == runs.RUNNING or (run.state == runs.INTERRUPTED and run.what != runs.REVERT):
            raise Stop(f"run {run.run} has not ended: resume it or cancel it first")
        now = place.now()
        back = replace(
            run,
            run=name(now),
            state=runs.RUNNING,
            what=runs.REVERT,
            author=author,
            reason=reason,
            selection={"run": run.run},
            code=version("vigie"),
            started=now,
            ended=None,
            samples=0,
            counts={},
        )
        runs.record(place.client, back, now)
        counts = {table: restore(place.client, table, run.run, back) for table in HISTORY}
        end = place.now()
        back = replace(back, state=runs.DONE, ended=end, counts=counts)
        runs.record(place.client, back, end)
        runs.record(place.client, replace(run, state=runs.REVERTED), end)
    return back


def restore(client: Client, table: str, run: str, back: Run) -> dict[str, int]:
    """Put the rows of one table back; how many were, and how many are not the run's any more.

    Raises:
        Retry: ClickHouse does not answer; do it again.
    """
    counts = {"restored": 0, "left": 0}
    of = {"history": HISTORY[table], "at": _AT[table]}
    for part in ask(client, "run_parts", run=run, **of):
        bound = {"run": run, "back": back.run, "now": back.started} | part
        _command(client, _record(table), bound)
        _command(client, _restore(table), bound)
        (now,) = ask(client, "run_restored", run=run, back=back.run, **of, **part)
        counts["restored"] += now["restored"]
        counts["left"] += now["rows"] - now["restored"]
    return counts


def _record(table: str) -> str:
    """Of a month and a property, the rows that are still the run's, with their next revision."""
    columns = SCHEMAS[table].names
    beside = {"run": "{back:String}", "written": "greatest({now:UInt64}, c.revision + 1)"}
    beside["withdrawn"] = "h.is_deleted"
    if table == "observations":
        beside |= {"new_value": "h.value", "new_flag": "h.flag"}
    keys = ", ".join(KEYS[table])
    return f"""
INSERT INTO {HISTORY[table]} ({", ".join((*beside, *columns))})
SELECT {", ".join((*beside.values(), *(f"c.{name}" for name in columns)))}
FROM
(
    SELECT * FROM {table}
    WHERE {_part(table)} AND ({keys}) IN (SELECT {keys} FROM {_of(table, "run")})
    ORDER BY revision DESC LIMIT 1 BY {keys}
) AS c
INNER JOIN {_of(table, "run")} AS h USING ({keys})
WHERE c.revision = h.written
"""  # noqa: S608


def _restore(table: str) -> str:
    """What was there before the run, with the revisions that were recorded."""
    columns, keys = SCHEMAS[table].names, ", ".join(KEYS[table])
    values = ["v.written" if name == "revision" else f"h.{name}" for name in columns]
    return f"""
INSERT INTO {table} ({", ".join(columns)})
SELECT {", ".join(values)}
FROM {_of(table, "run")} AS h
INNER JOIN {_of(table, "back")} AS v USING ({keys})
"""  # noqa: S608


_AT = {"observations": "observed_at", "windows": "start"}


def _part(table: str) -> str:
    return f"property = {{property:String}} AND toYYYYMM({_AT[table]}) = {{month:UInt32}}"


def _of(table: str, run: str) -> str:
    return (
        f"(SELECT * FROM {HISTORY[table]} FINAL "  # noqa: S608
        f"WHERE run = {{{run}:String}} AND {_part(table)})"
    )


def _command(client: Client, sql: str, bound: Mapping[str, Any]) -> None:
    settings: dict[str, Any] = dict(INSERT)
    answered(partial(client.command, sql, parameters=dict(bound), settings=settings))
