"""The life of a device: what began and ended when, and who declared it when."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from streams.inventory import EVER, NEVER, Dated
from streams.inventory.declared import micros
from streams.inventory.difference import body, compared
from streams.registry import Registry

_KNOWN = {"id", "device", "from", "to"}
_OWN = (
    "configuration",
    "deployment",
    "calibration",
    "profile",
    "session",
    "maintenance",
    "verdict",
)


@dataclass(frozen=True)
class Moment:
    """``at`` in UTC microseconds, None for always; ``author`` of what was declared."""

    at: int | None
    event: str
    kind: str
    id: str
    what: str
    author: str = ""


def timeline(registry: Registry, device: str, history: Iterable[Mapping[str, Any]]) -> list[Moment]:
    """All about a device in the order of time, what held always first.

    ``history`` are the rows of the store's query of that name, the oldest first.
    """
    moments = [*_declared_now(registry, device), *_said(history)]
    return sorted(moments, key=lambda m: EVER if m.at is None else m.at)


def _declared_now(registry: Registry, device: str) -> Iterator[Moment]:
    declared = registry.get("device", device)
    if declared is not None:
        yield Moment(None, "is", "device", device, _summary(body(declared)))
    for kind in _OWN:
        for one in registry.of(kind, device):
            yield from _held(kind, one)


def _held(kind: str, one: Dated) -> Iterator[Moment]:
    what = _summary(body(one))
    yield Moment(None if one.since == EVER else one.since, "begins", kind, one.id, what)
    if one.until != NEVER:
        yield Moment(one.until, "ends", kind, one.id, what)


def _said(history: Iterable[Mapping[str, Any]]) -> Iterator[Moment]:
    """What was declared, without what was only said again."""
    before: dict[tuple[str, str], Mapping[str, Any] | None] = {}
    for row in history:
        name = row["kind"], row["id"]
        known, now = before.get(name), None if row["removed"] else json.loads(row["body"])
        before[name] = now
        if known == now:
            continue
        at, author = micros(row["declared_at"]), row["author"]
        if now is None:
            yield Moment(at, "removed", *name, "", author)
        elif known is None:
            yield Moment(at, "declared", *name, _summary(now), author)
        else:
            fields = (f"{path}: {_word(a)} → {_word(b)}" for path, a, b in compared(known, now))
            yield Moment(at, "changed", *name, ", ".join(fields), author)


def _summary(said: Mapping[str, Any]) -> str:
    fields = (f"{name} {_word(v)}" for name, v in said.items() if name not in _KNOWN)
    return ", ".join(fields)


def _word(value: Any) -> str:
    said = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return said if len(said) <= 60 else f"{said[:60]}…"
