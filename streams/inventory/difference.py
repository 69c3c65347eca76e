"""What an inventory would change in what is declared, field by field."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from streams.inventory import Declared
from streams.registry import Change, Registry

Wanted = Mapping[tuple[str, str], Declared]
"""Objects by kind and id."""

FOR_EVER = frozenset({"erasure"})
"""Kinds that no inventory takes away by not naming them: what is erased would come back."""


@dataclass(frozen=True)
class Difference:
    """One object that would be added (``before`` is None), changed, or removed (``after``)."""

    kind: str
    id: str
    before: Declared | None
    after: Declared | None

    @property
    def sort(self) -> str:
        """added, changed or removed."""
        if self.before is None:
            return "added"
        return "removed" if self.after is None else "changed"

    @property
    def change(self) -> Change:
        """What the registry is told."""
        return self.kind, self.id, self.after

    def fields(self) -> Iterator[tuple[str, Any, Any]]:
        """Path, old and new value of every field that differs; None is absent."""
        yield from compared(*(body(o) if o else {} for o in (self.before, self.after)))


def body(declared: Declared) -> dict[str, Any]:
    """The object as it is written: what was not said is left out."""
    return declared.model_dump(mode="json", by_alias=True, exclude_defaults=True, exclude_none=True)


def differences(before: Registry, wanted: Wanted) -> list[Difference]:
    """What is wanted and not declared so."""
    found = []
    for (kind, object_id), after in wanted.items():
        declared = before.get(kind, object_id)
        if declared != after:
            found.append(Difference(kind, object_id, declared, after))
    return found


def unwanted(before: Registry, wanted: Wanted) -> list[Difference]:
    """What is declared and not wanted, but for what holds for ever."""
    return [
        Difference(kind, object_id, declared, None)
        for kind, objects in sorted(before.objects.items())
        if kind not in FOR_EVER
        for object_id, declared in sorted(objects.items())
        if (kind, object_id) not in wanted
    ]


def compared(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[tuple[str, Any, Any]]:
    """Path, old and new value of every field that differs between two bodies; None is absent."""
    old, new = dict(_leaves(before)), dict(_leaves(after))
    for path in dict.fromkeys((*old, *new)):
        if old.get(path) != new.get(path):
            yield path, old.get(path), new.get(path)


def _leaves(value: Any, at: tuple[str, ...] = ()) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping) and (value or not at):
        for name, item in value.items():
            yield from _leaves(item, (*at, str(name)))
    elif isinstance(value, list) and any(isinstance(item, dict) for item in value):
        for i, item in enumerate(value):
            yield from _leaves(item, (*at, str(i)))
    else:
        yield ".".join(at), value
