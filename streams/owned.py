"""Which objects of the inventory name which device."""

from collections.abc import Iterable, Mapping
from typing import Any

from streams import layers
from streams.inventory import Declared


class Owned(dict[str, tuple[Any, ...]]):
    """What names one device, by kind, each in the order of ids; of another kind there is none."""

    __slots__ = ()

    def __missing__(self, kind: str) -> tuple[Any, ...]:
        return ()


NOTHING = Owned()

Index = Mapping[str | None, Owned]
"""By device; None are those objects that could name one and do not."""


def by_owner(objects: Mapping[str, Mapping[str, Declared]]) -> Index:
    """The index of all objects, given by kind and id."""
    found: dict[str | None, dict[str, list[Declared]]] = {}
    for kind, of in objects.items():
        for declared in of.values():
            for owner in _owner(declared):
                found.setdefault(owner, {}).setdefault(kind, []).append(declared)
    return {owner: _in_order(of) for owner, of in found.items()}


def moved(index: Index, changes: Iterable[tuple[str, Declared | None, Declared | None]]) -> Index:
    """The index after changes: the kind, what was declared, and what is. Who owns none of this
    keeps the very same mapping."""
    gone: set[int] = set()
    comes: dict[str | None, dict[str, list[Declared]]] = {}
    for kind, before, now in changes:
        gone.add(id(before))
        for owner in _owner(before):
            comes.setdefault(owner, {}).setdefault(kind, [])
        for owner in _owner(now):
            comes.setdefault(owner, {}).setdefault(kind, []).extend([now] if now else ())
    found: dict[str | None, Owned] = {}
    for owner, new in comes.items():
        had = index.get(owner, NOTHING)
        left = {kind: [one for one in had[kind] if id(one) not in gone] for kind in new}
        found[owner] = Owned(had | _in_order({kind: left[kind] + new[kind] for kind in new}))
    return layers.after(index, found)


def _in_order(objects: Mapping[str, Iterable[Declared]]) -> Owned:
    return Owned({kind: tuple(sorted(of, key=_id)) for kind, of in objects.items()})


def _owner(declared: Declared | None) -> tuple[str | None, ...]:
    """The device that an object names, None where it could and does not; none where it cannot."""
    fields = {} if declared is None else vars(declared)
    return (fields["device"],) if "device" in fields else ()


def _id(declared: Declared) -> str:
    return declared.id
