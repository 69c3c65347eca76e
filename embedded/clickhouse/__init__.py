"""chDB behind ClickHouse's HTTP interface, for a machine without a ClickHouse server.

Sources: ClickHouse documentation, "HTTP interface"; chDB documentation, "Python connection API".
"""

from embedded.clickhouse.gateway import main

__all__ = ["main"]
