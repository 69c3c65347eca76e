"""What the batch and a fit ask the store: the queries of ``clickhouse/batch``.

No reader may ask them: they read all there is, personal data included, for it is judged like any
other.
"""

from typing import Any

import pyarrow as pa
from clickhouse_connect.driver.client import Client

from connectors.store.client import answered
from connectors.store.queries import catalogue
from streams.resources import CLICKHOUSE

FOLDER = CLICKHOUSE / "batch"


def ask(client: Client, name: str, **bound: Any) -> list[dict[str, Any]]:
    """The rows of a query; ``bound`` are its parameters.

    Raises:
        KeyError: no such query.
        Retry: ClickHouse does not answer.
        Stop: ClickHouse refuses until somebody acts.
    """
    sql = catalogue(FOLDER)[name]
    return list(answered(lambda: client.query(sql, parameters=bound)).named_results())


def columns(client: Client, name: str, schema: pa.Schema, **bound: Any) -> pa.Table:
    """The rows of a query as the Arrow columns of a schema. What it does not give is false: it
    reads current rows, which are no tombstones.

    Raises:
        KeyError: no such query.
        Retry: ClickHouse does not answer.
        Stop: ClickHouse refuses until somebody acts.
    """
    sql = catalogue(FOLDER)[name]
    found = answered(lambda: client.query_arrow(sql, parameters=bound))
    given = set(found.column_names)
    no = pa.repeat(pa.scalar(False), found.num_rows)
    table = [found[f.name].cast(f.type) if f.name in given else no for f in schema]
    return pa.Table.from_arrays(table, schema=schema)
