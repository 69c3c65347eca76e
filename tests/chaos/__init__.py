"""The real thing under kills, stalls and joins, and every row of it against the oracle."""
