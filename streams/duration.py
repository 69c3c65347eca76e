"""Lengths of time in microseconds, in which every instant inside is counted."""

SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR
