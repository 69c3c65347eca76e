"""Nanoseconds a byte to refuse hostile JSON, at two sizes: the same, where time is linear."""

import time

from streams.bounded_json import loads
from streams.errors import Skip

UNITS = (b'\\"', b'"[', b"[]", b'["', b"\\")
"""What could make a tokenizer look again at what it has seen."""


def run() -> dict[str, float]:
    """``half`` and ``full``: the slowest of the units at half a MiB and at one MiB."""
    return {"half": _slowest(1 << 19), "full": _slowest(1 << 20)}


def _slowest(size: int) -> float:
    return round(max(_cost(b'"[' * 65 + unit * (size // len(unit))) for unit in UNITS), 2)


def _cost(text: bytes) -> float:
    start = time.process_time_ns()
    try:
        loads(text)
    except Skip:
        return (time.process_time_ns() - start) / len(text)
    raise AssertionError("hostile JSON was read")
