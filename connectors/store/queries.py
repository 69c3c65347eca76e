"""The query catalogue: whoever asks the store names a query and binds its parameters.

One ``.sql`` file each, its first comment says what it answers. No caller writes SQL, so that a
read-only role can be held to these names. Every query reads views that show current rows only;
times are UTC.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from clickhouse_connect.driver.client import Client

from connectors.store.client import answered
from streams.resources import CLICKHOUSE

FOLDER = CLICKHOUSE / "queries"


def catalogue(folder: Path = FOLDER) -> Mapping[str, str]:
    """The text of every query by name; parameters are ClickHouse's ``{name:Type}``."""
    return {p.stem: p.read_text("utf-8") for p in sorted(folder.glob("*.sql"))}


def ask(client: Client, name: str, **bound: Any) -> list[dict[str, Any]]:
    """The rows of a query of the catalogue; ``bound`` are its parameters, aware times included.

    Raises:
        KeyError: no such query.
        Retry: ClickHouse does not answer.
        Stop: ClickHouse refuses until somebody acts.
    """
    sql = catalogue()[name]
    return list(answered(lambda: client.query(sql, parameters=bound)).named_results())
