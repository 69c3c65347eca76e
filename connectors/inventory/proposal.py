"""What applying an inventory would do, shown before it is done."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from connectors import networks
from connectors.inventory.folder import Inventory, told
from streams.discover import discover
from streams.errors import Stop
from streams.inventory import KINDS, Property, Source
from streams.inventory.coherence import Fault, faults
from streams.inventory.difference import Difference, differences, unwanted
from streams.inventory.influence import Influence, influences
from streams.inventory.vocabulary import vocabulary
from streams.registry import Registry
from streams.uplinks import Network

VALUE_MAX = 100
"""Characters of a value in the text; the JSON has all."""

_SIGNS = {"added": "+", "changed": "~", "removed": "-"}
_NETWORKS = discover(networks, Network)
_SHIPPED = frozenset(("property", prop.id) for prop in vocabulary())


@dataclass(frozen=True)
class Proposal:
    """``changes`` lead from ``before`` to ``after``; ``kept`` is declared and not in the folder.

    ``place`` says where an object stands.
    """

    before: Registry
    after: Registry
    changes: Sequence[Difference]
    kept: Sequence[Difference]
    place: Callable[[str, str], str]

    def influences(self) -> list[Influence]:
        """The history that the changes restate; where nothing was declared there is none."""
        if not self.before.all("device"):
            return []
        return influences(self.changes, self.before, self.after)


def propose(inventory: Inventory, before: Registry, *, prune: bool, horizon: int) -> Proposal:
    """What to change so that the folder and the shipped vocabulary are what is declared.

    A property of the folder counts instead of the shipped one; so does one that was declared
    before, unless ``prune`` removes what is not in the folder. ``horizon`` in microseconds.

    Raises:
        Stop: the objects do not fit together; says which, where, and what to do.
    """
    wanted = dict(inventory.objects)
    for prop in vocabulary():
        if prune or before.get("property", prop.id) is None:
            wanted.setdefault(("property", prop.id), prop)
    changes = sorted(differences(before, wanted), key=lambda d: list(KINDS).index(d.kind))
    kept = [d for d in unwanted(before, wanted) if (d.kind, d.id) not in _SHIPPED]
    if prune:
        changes, kept = changes + kept, []
    after = before.after(d.change for d in changes)
    found = [
        *faults(after, [(d.kind, d.id) for d in changes], horizon),
        *_of_no_network(changes),
        *_of_another_unit(changes, before),
    ]
    if found:
        raise Stop(told(inventory, found))
    return Proposal(before, after, changes, kept, inventory.place)


def _of_no_network(changes: Sequence[Difference]) -> Iterator[Fault]:
    """Sources of a network server whose format nobody reads."""
    for change in changes:
        if isinstance(change.after, Source) and change.after.network not in _NETWORKS:
            near = get_close_matches(change.after.network, _NETWORKS, n=1)
            remedy = f"did you mean {near[0]}?" if near else f"known are {', '.join(_NETWORKS)}"
            message = f"there is no network {change.after.network!r}: {remedy}"
            yield Fault("source", change.id, ("network",), message)


def _of_another_unit(changes: Iterable[Difference], before: Registry) -> Iterator[Fault]:
    """Properties of which there may be values, which are in their unit."""
    mapped = {path.property for codec in before.all("codec").values() for path in codec.mapping}
    for change in changes:
        old, new = change.before, change.after
        if not isinstance(old, Property) or not isinstance(new, Property):
            continue
        if old.id in mapped and old.unit != new.unit:
            message = (
                f"what was measured of it is in {old.unit}, so its unit stays: declare a "
                f"property of another id in {new.unit}, and let the mappings lead there"
            )
            yield Fault("property", new.id, ("unit",), message)


def document(proposal: Proposal) -> list[dict[str, Any]]:
    """The changes for machines."""
    return [
        {
            "change": change.sort,
            "kind": change.kind,
            "id": change.id,
            "place": proposal.place(change.kind, change.id) or None,
            "fields": [
                {"field": path, "old": old, "new": new} for path, old, new in change.fields()
            ],
        }
        for change in proposal.changes
    ]


def text(proposal: Proposal) -> Iterator[str]:
    """The changes for people: a line an object, and a line a field of one that changed."""
    shipped = 0
    for change in proposal.changes:
        place = proposal.place(change.kind, change.id)
        if not place and change.sort == "added":
            shipped += 1
            continue
        yield f"{_SIGNS[change.sort]} {change.kind} {change.id}" + (f" ({place})" if place else "")
        if change.sort == "changed":
            yield from (f"    {path}: {_short(a)} → {_short(b)}" for path, a, b in change.fields())
    if shipped:
        yield f"+ {shipped} properties of the vocabulary that comes with vigie"
    if proposal.kept:
        yield f"{len(proposal.kept)} objects are declared and not in the folder: they stay"


def summary(proposal: Proposal, days: Sequence[tuple[str, int]]) -> str:
    """How much changes, and how many days of how many devices become pending."""
    changes = f"{len(proposal.changes)} changes"
    if not days:
        return f"{changes}; no history becomes pending"
    devices = len({device for device, _ in days})
    return f"{changes}; {len(days)} days of history of {devices} devices become pending"


def _short(value: Any) -> str:
    if value is None:
        return "nothing"
    said = value if isinstance(value, str) else repr(value)
    line = "".join(c if c.isprintable() else " " for c in said)
    return line if len(line) <= VALUE_MAX else f"{line[:VALUE_MAX]}… ({len(line)} characters)"
