"""What the ClickHouse data source puts in place of its macros, for the macros that we use.

Source: ClickHouse data source for Grafana, "Query editor", section "Macros".
"""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime


def expand(
    sql: str, since: datetime, until: datetime, variables: Mapping[str, Sequence[str]]
) -> str:
    """The query as ClickHouse gets it.

    Raises:
        ValueError: a macro or a variable that is not known here is left.
    """
    seconds = [int(t.timestamp()) for t in (since, until)]
    milliseconds = [int(t.timestamp() * 1000) for t in (since, until)]
    macros: Mapping[str, Callable[[str], str]] = {
        "timeFilter": lambda c: "{0} >= toDateTime({1}) AND {0} <= toDateTime({2})".format(
            c, *seconds
        ),
        "timeFilter_ms": lambda c: (
            "{0} >= fromUnixTimestamp64Milli({1}) AND {0} <= fromUnixTimestamp64Milli({2})".format(
                c, *milliseconds
            )
        ),
    }
    for name, replace in macros.items():
        sql = re.sub(rf"\$__{name}\(([^()]+)\)", lambda m, r=replace: r(m[1]), sql)  # type: ignore[misc]
    for name, values in variables.items():
        quoted = ",".join("'" + value.replace("'", "\\'") + "'" for value in values)
        sql = sql.replace(f"${{{name}:singlequote}}", quoted)
    if "$" in sql:
        raise ValueError(f"not expanded: {sql}")
    return sql
