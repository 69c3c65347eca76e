"""Notifiers: how somebody is told of an alert, one file each, found by discovery.

A notifier sends one transition once. It says by its errors what became of it, and whoever drives
it repeats what was certainly not taken and nothing else.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from connectors import rfc3339
from streams.alerts import Alert
from streams.inventory.notifiers import Notifier as Declared

DELIVERY = 30.0
"""Seconds that one delivery may take in all: an answer that comes byte by byte, each in time, would
otherwise hold up what is for others for as long as its sender likes."""


@dataclass(frozen=True)
class Transition:
    """What happened to an alert: opened, updated, closed or withdrawn."""

    name: str
    alert: Alert

    @property
    def key(self) -> str:
        """The same for a transition that is sent again, and for no other."""
        return f"{self.alert.id}:{self.name}:{self.alert.updated_at}"

    def body(self) -> dict[str, Any]:
        """As JSON has it, times in RFC 3339."""
        said = self.alert.record()
        for name in ("opened_at", "updated_at", "closed_at"):
            said[name] = None if said[name] is None else rfc3339.text(said[name])
        return {"transition": self.name, "alert": said}


@dataclass(frozen=True)
class Destination:
    """Whom to tell: what is declared, the secret that it names, and now, UTC microseconds."""

    declared: Declared
    secret: str | None
    now: int


@dataclass(frozen=True)
class Notifier:
    """``send(transition, destination)`` tells one, once, and returns a receipt in words.

    Raises:
        Retry: it was certainly not taken; the same may be later.
        Skip: it will never be taken, or nobody knows whether it was (reason ``in_doubt``).
    """

    name: str
    send: Callable[[Transition, Destination], str]
