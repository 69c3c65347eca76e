"""An alert, its identity, and what happened to it between two looks."""

import json
from bisect import bisect_right
from collections.abc import Callable, Hashable, Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from hashlib import blake2b
from typing import Any

DEVICE, GATEWAY, NETWORK = "device", "gateway", "network"
OPENED, UPDATED, CLOSED, WITHDRAWN = "opened", "updated", "closed", "withdrawn"
TRANSITIONS = (OPENED, UPDATED, CLOSED, WITHDRAWN)
"""What people are told of."""

JOINED = "joined"
"""More devices belong to it, of which nobody is told: the record is brought up to date."""

SCALE = tuple(m * 10**e for e in range(6) for m in (1, 2, 5))
"""Numbers of devices at which an alert is another size: about as many again each time."""

TRANSITION = "vigie.transition"
"""The header of a record of ``alerts`` that says what happened."""


@dataclass(frozen=True)
class Alert:
    """One alert as it stands; instants in UTC microseconds, levels 1 (information) to 4 (act now).

    ``devices`` are all that it has covered. ``silenced`` is that maintenance was declared: it is
    recorded and nobody is told.
    """

    rule: str
    subject: str
    opened_at: int
    updated_at: int
    closed_at: int | None
    level: int
    devices: tuple[str, ...]
    reason: str
    subject_kind: str = DEVICE
    property: str = ""
    channel: str = ""
    withdrawn: bool = False
    silenced: bool = False

    @cached_property
    def id(self) -> str:
        """32 hexadecimal digits of the rule, the subject and the opening: a replay gives the
        same."""
        of = [self.rule, self.subject_kind, self.subject, self.property, self.channel]
        text = json.dumps([*of, self.opened_at])
        return blake2b(text.encode(), digest_size=16).hexdigest()

    def record(self) -> dict[str, Any]:
        """As it goes on the wire and into the state."""
        return {"alert_id": self.id} | asdict(self) | {"devices": list(self.devices)}


def alert(record: Mapping[str, Any]) -> Alert:
    """The inverse of :meth:`Alert.record`."""
    fields = {name: record[name] for name in Alert.__dataclass_fields__}
    return Alert(**fields | {"devices": tuple(record["devices"])})


def transition(before: Alert | None, now: Alert, whose: Callable[[str], Hashable]) -> str | None:
    """What happened, as whoever hears of alerts that are not silenced sees it; None: nothing.

    Words and figures of the reason may change with every tick and are no change. An alert that
    maintenance no longer silences is opened. Devices that join are news where the alert has
    reached another size, or people whom none of its devices concerned: ``whose(device)``.
    """
    if before is not None and _told(before) == _told(now):
        return None if before.devices == now.devices else _grown(before, now, whose)
    if now.withdrawn:
        return WITHDRAWN
    if now.closed_at is not None:
        return CLOSED
    fresh = before is None or before.withdrawn or before.closed_at is not None
    return OPENED if fresh or (before is not None and before.silenced > now.silenced) else UPDATED


def _told(one: Alert) -> tuple[Any, ...]:
    return one.level, one.closed_at, one.withdrawn, one.silenced


def _grown(before: Alert, now: Alert, whose: Callable[[str], Hashable]) -> str:
    """By the two records alone, so that whoever replays them finds the same news."""
    small, large = set(before.devices), set(now.devices)
    size = bisect_right(SCALE, len(small)) == bisect_right(SCALE, len(large))
    concerned = set(map(whose, large)) <= set(map(whose, small))
    return JOINED if small < large and size and concerned else UPDATED
