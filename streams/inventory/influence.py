"""Which history a change of the inventory restates: devices, properties and spans of time.

What is computed from an object is computed again where the object held or will hold. What only
says where a thing comes from restates nothing, so that a certificate's address can be put right
without a run over years. What depends on a restated value, such as the flags of its neighbours,
is not told here: a run writes as far as its rows are looked at.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from streams.duration import DAY
from streams.harm import harms
from streams.inventory import EVER, NEVER, Declared
from streams.inventory.declared import Span
from streams.inventory.difference import Difference
from streams.registry import Registry

"""Microseconds."""


@dataclass(frozen=True)
class Influence:
    """The rows of a device in ``[since, until)``, UTC microseconds; ``property`` None: of all.

    ``decoded`` says that they come out of the codec otherwise: live judges again what it has
    decoded and decodes nothing twice.
    """

    device: str
    property: str | None
    since: int
    until: int
    decoded: bool = False

    def holds(self, device: str, name: str, day: int) -> bool:
        """Whether a day (since 1970, UTC) of a device's property is touched."""
        return (
            self.device == device
            and self.property in (None, name)
            and self.since < (day + 1) * DAY
            and day * DAY < self.until
        )


SAID_ONLY: Mapping[str, frozenset[str]] = {
    "device": frozenset(
        {"name", "use_case", "make", "model", "serial", "radio", "network", "owner", "group"}
    ),
    "configuration": frozenset({"network"}),
    "deployment": frozenset(
        {"position", "commune", "latitude", "longitude", "x", "y", "z", "crs", "height", "photos"}
    ),
    "property": frozenset({"title_fr", "title_en", "attribute", "personal_data"}),
    "calibration": frozenset(
        {"method", "ref_instrument", "ref_class", "n", "fit_from", "fit_to", "statistics"}
        | {"u_rel", "author", "certificate", "supersedes"}
    ),
    "verdict": frozenset({"author", "reason"}),
}
"""Fields that say something about a thing and change no value. What is not here does."""


def influences(changes: Iterable[Difference], before: Registry, after: Registry) -> list[Influence]:
    """What a set of changes restates; they lead from the registry ``before`` to ``after``.

    An object restates where it held among what was declared with it, and where it will hold
    among what is then. A device that is removed has nothing to be judged by; one that is added
    may have been there, and what was measured of it then be judged by what has changed since.
    """
    found: dict[Influence, None] = {}
    changes = list(changes)
    for change in changes:
        if change.kind in _OF and _matters(change):
            decoded = _decoded(change)
            for declared, known in ((change.before, before), (change.after, after)):
                of = _OF[change.kind](declared, known) if declared is not None else ()
                found |= dict.fromkeys(replace(one, decoded=decoded) for one in of)
    found |= dict.fromkeys(_harmed(changes, before, after))
    return [one for one in found if after.get("device", one.device) is not None]


def _matters(change: Difference) -> bool:
    names = SAID_ONLY.get(change.kind, frozenset())
    return change.before is None or any(
        path.split(".")[0] not in names for path, _, _ in change.fields()
    )


def _decoded(change: Difference) -> bool:
    """Whether frames are decoded otherwise, not only judged."""
    codecs = [getattr(side, "codec", None) for side in (change.before, change.after)]
    if change.kind == "configuration":
        return any(codecs)
    return change.kind == "codec" or codecs[0] != codecs[1]


def _device(declared: Any, _: Registry) -> Iterator[Influence]:
    yield Influence(declared.id, None, EVER, NEVER)


def _dated(declared: Any, _: Registry) -> Iterator[Influence]:
    """A device's own object, for as long as it holds."""
    name = getattr(declared, "property", None)
    yield Influence(declared.device, name, declared.since, declared.until)


def _configuration(declared: Any, known: Registry) -> Iterator[Influence]:
    """What a network did is told elsewhere."""
    if declared.codec is not None or declared.nominal_period is not None:
        yield from _dated(declared, known)


def _deployment(declared: Any, known: Registry) -> Iterator[Influence]:
    """A site counts where a profile is for it."""
    for profile in known.of("profile", None):
        if profile.site == declared.site:
            yield from _within(declared, declared.device, profile)


def _profile(declared: Any, known: Registry) -> Iterator[Influence]:
    if declared.device is not None:
        yield from _dated(declared, known)
    elif declared.site is not None:
        for place in known.all("deployment").values():
            if place.site == declared.site:
                yield from _within(place, place.device, declared)
    else:
        for device in known.all("device"):
            yield from _within(Span(), device, declared)


def _within(span: Span, device: str, profile: Any) -> Iterator[Influence]:
    since, until = max(span.since, profile.since), min(span.until, profile.until)
    if since < until:
        yield Influence(device, profile.property, since, until)


def _property(declared: Declared, known: Registry) -> Iterator[Influence]:
    for device in known.all("device"):
        yield Influence(device, declared.id, EVER, NEVER)


def _codec(declared: Declared, known: Registry) -> Iterator[Influence]:
    for device in known.all("device").values():
        if device.codec == declared.id:
            yield Influence(device.id, None, EVER, NEVER)
    for setting in known.all("configuration").values():
        if setting.codec == declared.id:
            yield from _dated(setting, known)


def _harmed(
    changes: Iterable[Difference], before: Registry, after: Registry
) -> Iterator[Influence]:
    """What has happened to devices or to their networks, and is not told any more as it was: a
    check of a meter vouches for the time since the one before, whatever comes between them."""
    devices: set[str] = set()
    for change in changes:
        if change.kind == "network":
            devices |= after.all("device").keys()
        elif change.kind in ("maintenance", "device", "configuration"):
            sides = (change.before, change.after)
            devices |= {getattr(side, "device", side.id) for side in sides if side}
    for name in sorted(devices & after.all("device").keys()):
        told = [
            set(harms(r, d)) if (d := r.get("device", name)) else set() for r in (before, after)
        ]
        for harm in sorted(told[0] ^ told[1], key=repr):
            yield Influence(name, harm.property, harm.since, harm.until)


_OF: Mapping[str, Callable[[Any, Registry], Iterator[Influence]]] = {
    "device": _device,
    "configuration": _configuration,
    "deployment": _deployment,
    "calibration": _dated,
    "verdict": _dated,
    "profile": _profile,
    "property": _property,
    "codec": _codec,
}
"""The kinds that values are made by."""


def days(
    touched: Iterable[Influence], measured: Iterable[tuple[str, str, int]], until: int
) -> list[tuple[str, int]]:
    """The days that become pending, by device: of the measured ones those that begin before
    ``until``, and the younger ones of what is decoded otherwise.

    ``measured`` are device, property and day since 1970 of what is stored; ``until`` is the live
    horizon, UTC microseconds: what is younger live judges again by itself.
    """
    by_device: dict[str, list[Influence]] = {}
    for one in touched:
        by_device.setdefault(one.device, []).append(one)
    return sorted(
        {
            (device, day)
            for device, name, day in measured
            if any(
                one.holds(device, name, day) and (one.decoded or day * DAY < until)
                for one in by_device.get(device, ())
            )
        }
    )
