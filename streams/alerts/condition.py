"""A condition as observe said it last."""

import builtins
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Key = tuple[str, str, str, str, int]
"""Device, kind, property, channel and opening: what makes two records the same condition."""

SILENT = "silent"


@dataclass(frozen=True, slots=True)
class Condition:
    """What is wrong with a device since ``opened_at``; instants in UTC microseconds.

    ``gateways`` and ``network`` are those through which the device was heard last before it.
    """

    device: str
    kind: str
    property: str
    channel: str
    opened_at: int
    closed_at: int | None
    level: int
    reason: str
    gateways: tuple[str, ...]
    network: str

    @builtins.property
    def key(self) -> Key:
        """What makes it this condition and no other."""
        return self.device, self.kind, self.property, self.channel, self.opened_at

    def open_at(self, at: int) -> bool:
        """Whether it holds at an instant."""
        return self.opened_at <= at and (self.closed_at is None or at < self.closed_at)

    def packed(self) -> bytes:
        """For the state."""
        return json.dumps([getattr(self, name) for name in _FIELDS]).encode()


_FIELDS = tuple(Condition.__slots__)


def condition(record: Mapping[str, Any]) -> Condition:
    """The condition of a wire record; what a condition does not keep is left out."""
    fields = {name: record[name] for name in _FIELDS}
    return Condition(**fields | {"gateways": tuple(sorted(set(record["gateways"])))})


def unpacked(value: bytes) -> Condition:
    """The inverse of :meth:`Condition.packed`."""
    return condition(dict(zip(_FIELDS, json.loads(value), strict=True)))
