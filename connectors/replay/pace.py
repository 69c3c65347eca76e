"""When a record of the past is due, and how long the replay of a minute lasts. Pure."""

from collections.abc import Iterable, Iterator

from streams.duration import MINUTE
from streams.errors import Stop
from streams.handler import MOVED, Record

FASTEST = "max"
REPLAYED = "vigie.replayed"
"""The header of a copy: what was sent again is not sent a third time."""

RATE = 2_000.0
"""Uplinks a second that a replay without a pace is taken to make: one worker, one core."""


def speed(text: str) -> float | None:
    """How many times faster than it was; None where nothing holds it up.

    Raises:
        ValueError: neither a positive number nor ``max``.
    """
    if text == FASTEST:
        return None
    factor = float(text)
    if not 0 < factor < float("inf"):
        raise ValueError(f"{text} is no speed")
    return factor


def floor(at: int) -> int:
    """The full minute at or before an instant."""
    return at - at % MINUTE


def ceiling(at: int) -> int:
    """The full minute at or after an instant."""
    return at + -at % MINUTE


def due(records: Iterable[Record], clock: int) -> Iterator[tuple[int, Record]]:
    """Each record with the time of its partition when it lay there, UTC microseconds.

    What waited at the door behind younger ones is as late as it was then. ``clock`` is the time
    from which on they are read.
    """
    for record in records:
        clock = max(clock, record.timestamp * 1000)
        yield clock, record


def headers(record: Record) -> list[tuple[str, bytes]]:
    """A record's own without where it lay on a topic before, and that it is a copy."""
    own = [(name, value) for name, value in record.headers if name != MOVED]
    return [*own, (REPLAYED, b"")]


def is_copy(record: Record) -> bool:
    """Whether a replay has written it."""
    return any(name == REPLAYED for name, _ in record.headers)


def seconds(uplinks: int, minutes: int, factor: float | None) -> float:
    """How long a replay is going to last."""
    unhindered = uplinks / RATE
    return unhindered if factor is None else max(unhindered, minutes * 60 / factor)


def refuse(faults: Iterable[str]) -> None:
    """Raise what speaks against it.

    Raises:
        Stop: anything does.
    """
    if found := list(faults):
        raise Stop("nothing is replayed: " + "; ".join(found))
