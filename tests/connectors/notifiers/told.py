"""Transitions and whom to tell, for the tests of notifiers."""

from typing import Any

from connectors.notifiers import Destination, Transition
from streams.alerts import Alert
from streams.inventory.notifiers import Notifier

AT = 1_772_409_600_000_000
"""2026-03-02T00:00Z."""
ALERT = Alert("battery", "d1", AT, AT + 60_000_000, None, 3, ("d1",), "3,1 V à 0 °C")
OPENED = Transition("opened", ALERT)


def to(where: str, secret: str | None = None, **declared: Any) -> Destination:
    """A destination at ``now`` = a minute after the opening."""
    body = {"id": "n", "kind": "webhook", "where": where} | declared
    if secret is not None:
        body["secret"] = "NAMED"
    return Destination(Notifier.model_validate(body), secret, AT + 60_000_000)
