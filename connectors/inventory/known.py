"""What is declared, to be looked at."""

from collections.abc import Callable
from difflib import get_close_matches
from typing import Any

import yaml as pyyaml

from connectors import rfc3339
from connectors.store.client import connect
from connectors.store.known import history
from streams import schema_registry
from streams.declare import registered
from streams.errors import Retry, Stop
from streams.inventory import KINDS
from streams.inventory.difference import body
from streams.inventory.timeline import Moment, timeline
from streams.registry import Registry
from streams.settings import Settings

Row = dict[str, Any]


def counts(settings: Settings) -> list[Row]:
    """How many objects of each kind are declared."""
    registry = _registry(settings)
    return [{"kind": kind, "objects": len(registry.all(kind))} for kind in KINDS]


def one(settings: Settings, kind: str, object_id: str) -> Row:
    """One object as it stands in an inventory.

    Raises:
        Stop: there is none of that name.
    """
    registry = _registry(settings)
    declared = registry.get(kind, object_id)
    if declared is None:
        if kind not in KINDS:
            raise Stop(f"there is no kind {kind}{_near(kind, KINDS)}")
        raise Stop(f"there is no {kind} {object_id}{_near(object_id, registry.all(kind))}")
    return {kind: [body(declared)]}


def life(settings: Settings, device: str, warn: Callable[[str], None]) -> list[Row]:
    """The timeline of a device; ``warn`` is told where the store does not answer.

    Raises:
        Stop: nothing was ever declared about such a device.
    """
    registry = _registry(settings)
    try:
        client = connect(settings)
        try:
            told = history(client, device)
        finally:
            client.close()
    except (Retry, Stop) as e:
        warn(f"who declared what is not known: {e}")
        told = []
    moments = timeline(registry, device, told)
    if not moments:
        raise Stop(f"there is no device {device}{_near(device, registry.all('device'))}")
    return [_row(moment) for moment in moments]


def yaml(value: Row) -> str:
    """As it stands in a file."""
    return pyyaml.safe_dump(value, sort_keys=False, allow_unicode=True)


def _registry(settings: Settings) -> Registry:
    return registered(settings, schema_registry.connect(settings))


def _row(moment: Moment) -> Row:
    return {
        "at": "always" if moment.at is None else rfc3339.text(moment.at),
        "event": moment.event,
        "kind": moment.kind,
        "id": moment.id,
        "what": moment.what,
        "author": moment.author,
    }


def _near(name: str, known: Any) -> str:
    found = get_close_matches(name, known, n=1)
    return f": did you mean {found[0]}?" if found else ""
