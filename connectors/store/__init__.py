"""ClickHouse: migrations, sink and queries, all over its HTTP interface."""
