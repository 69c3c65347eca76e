"""What the oracle is told: frames and what is declared. Instants are int microseconds UTC."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

SECOND = 1_000_000


@dataclass(frozen=True)
class Measure:
    """One value of a frame.

    ``observed_at`` None: the frame's. ``value`` None or not finite: missing.
    """

    property: str
    value: float | None
    channel: str = ""
    observed_at: int | None = None


@dataclass(frozen=True)
class Frame:
    """One decoded frame, as it arrived; the same ``frame_id`` may come any number of times."""

    frame_id: bytes
    device: str
    arrival: int
    observed_at: int
    measures: tuple[Measure, ...]
    decode_version: int = 0


@dataclass(frozen=True)
class Declared:
    """Declarations as plain dictionaries with the field names of the inventory.

    ``devices`` and ``properties`` by id; ``calibrations`` and ``profiles`` are lists whose
    ``from`` and ``to`` are instants, or None or absent for an open end. ``effects`` are those of
    maintenance, each with the ``device`` that it was done to; ``verdicts`` in the order in which
    the later one counts, and ``configurations`` too.
    """

    devices: Mapping[str, Mapping[str, Any]]
    properties: Mapping[str, Mapping[str, Any]]
    calibrations: tuple[Mapping[str, Any], ...] = ()
    profiles: tuple[Mapping[str, Any], ...] = field(default=())
    effects: tuple[Mapping[str, Any], ...] = ()
    verdicts: tuple[Mapping[str, Any], ...] = ()
    configurations: tuple[Mapping[str, Any], ...] = ()


def valid(declared: Mapping[str, Any], at: int) -> bool:
    """Whether ``at`` lies in ``[from, to)``."""
    start, end = declared.get("from"), declared.get("to")
    return (start is None or start <= at) and (end is None or at < end)
