"""Whether what is declared fits together, and can be judged by."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import pairwise
from typing import Any

from streams.applicable import Key, series_of
from streams.errors import Skip
from streams.inventory import Calibration, Dated, Deployment, Device
from streams.inventory.declared import Place, references
from streams.inventory.parameters import unusable
from streams.mapping import check_mapping
from streams.plan import DevicePlan, SeriesPlan
from streams.quality import SECOND
from streams.registry import Registry
from streams.segment import KEPT_MAX
from streams.siblings import circular

Name = tuple[str, str]
"""Kind and id."""

_OF_ALL = {"property", "codec", "profile"}
"""Kinds that many devices share."""


@dataclass(frozen=True)
class Fault:
    """What is wrong with one object, ``at`` a place within it, and what to do."""

    kind: str
    id: str
    at: Place
    message: str

    def __str__(self) -> str:
        return f"{self.kind} {self.id}: {self.message}"


def faults(registry: Registry, changed: Sequence[Name], horizon: int) -> Iterator[Fault]:
    """What does not fit in a registry after objects of it were put there, changed or removed.

    ``horizon`` in microseconds. What was there before and has nothing to do with these objects
    is not looked at again.
    """
    found = [
        *_unknown(registry, changed),
        *_orphans(registry, changed),
        *_overlaps(registry, changed),
        *_parameters(registry, changed),
    ]
    yield from found or _unusable(registry, changed, horizon)


def _unknown(registry: Registry, changed: Iterable[Name]) -> Iterator[Fault]:
    for kind, object_id in changed:
        declared = registry.get(kind, object_id)
        for at, of_kind, named in references(declared) if declared else ():
            if registry.get(of_kind, named) is None:
                yield Fault(kind, object_id, at, _undeclared(registry, of_kind, named))


def _undeclared(registry: Registry, kind: str, named: str) -> str:
    near = get_close_matches(named, registry.all(kind), n=1)
    remedy = f"did you mean {near[0]!r}?" if near else "declare it as well"
    if kind == "property" and not near:
        remedy = "add it to the vocabulary"
    return f"{kind} {named!r} is not declared: {remedy}"


def _orphans(registry: Registry, changed: Iterable[Name]) -> Iterator[Fault]:
    removed = {name for name in changed if registry.get(*name) is None}
    for kind, objects in registry.objects.items() if removed else ():
        for declared in objects.values():
            for at, of_kind, named in references(declared):
                if (of_kind, named) in removed:
                    message = f"{of_kind} {named!r} would be removed: remove this one as well"
                    yield Fault(kind, declared.id, at, message)


def _overlaps(registry: Registry, changed: Iterable[Name]) -> Iterator[Fault]:
    """Of calibrations of one stage, configurations of one device, deployments of one device or
    at one place, only one holds at a time."""
    touched = [(kind, registry.get(kind, object_id)) for kind, object_id in changed]
    devices = {kind: {o.device for k, o in touched if k == kind and o} for kind in _ALONE}
    for kind, owner in _ALONE.items():
        for device in sorted(devices[kind]):
            yield from _overlapping(kind, registry.of(kind, device), owner)
    sites = {o.site for kind, o in touched if kind == "deployment" and o}
    if sites:
        there = [d for d in registry.all("deployment").values() if d.site in sites]
        yield from _overlapping("deployment", there, _spot)


def _series(calibration: Calibration) -> tuple[str, ...]:
    return calibration.property, calibration.channel, calibration.stage


def _spot(deployment: Deployment) -> tuple[str, ...]:
    return deployment.site, deployment.position


_ALONE: dict[str, Callable[[Any], tuple[str, ...]]] = {
    "calibration": _series,
    "configuration": lambda _: (),
    "deployment": lambda _: (),
}


def _overlapping(
    kind: str, objects: Iterable[Any], owner: Callable[[Any], tuple[str, ...]]
) -> Iterator[Fault]:
    groups: dict[tuple[str, ...], list[Dated]] = {}
    for one in objects:
        groups.setdefault(owner(one), []).append(one)
    for owned in groups.values():
        for first, second in pairwise(sorted(owned, key=lambda o: (o.since, o.id))):
            if first.overlaps(second):
                yield Fault(kind, second.id, (), _both(kind, first, second))


def _both(kind: str, first: Any, second: Any) -> str:
    remedy = f"let {first.id} end (to) where {second.id} begins (from)"
    if kind == "deployment" and first.device != second.device:
        return f"{first.id} is at {second.site} at the same time: {remedy}, or give positions"
    return f"{first.id} of {second.device} holds at the same time: {remedy}"


def _parameters(registry: Registry, changed: Iterable[Name]) -> Iterator[Fault]:
    for kind, object_id in changed:
        declared = registry.get(kind, object_id)
        for at, message in unusable(declared) if declared else ():
            yield Fault(kind, object_id, at, message)


def _unusable(registry: Registry, changed: Iterable[Name], horizon: int) -> Iterator[Fault]:
    for kind, object_id in changed:
        codec = registry.get(kind, object_id) if kind == "codec" else None
        if codec is not None:
            try:
                check_mapping(codec, registry)
            except Skip as why:
                yield Fault(kind, object_id, ("mapping",), str(why))
    for device in _concerned(registry, changed):
        plan, plans = DevicePlan(registry, device), dict[Key, SeriesPlan]()
        for key in sorted(series_of(registry, device)):
            try:
                plans[key] = plan.series(key)
            except Skip as why:
                yield Fault("device", device.id, (), str(why))
                continue
            yield from _too_long(device, key[0], plans[key], horizon)
        for name, _ in sorted(circular(plans)):
            message = f"the calibrations of {name} need, over others, what {name} itself gives"
            yield Fault("device", device.id, (), message)


def _concerned(registry: Registry, changed: Iterable[Name]) -> list[Device]:
    devices: Mapping[str, Device] = registry.all("device")
    named: set[str] = set()
    for kind, object_id in changed:
        declared = registry.get(kind, object_id)
        device = object_id if kind == "device" else getattr(declared, "device", None)
        if device is None and kind in _OF_ALL:
            return list(devices.values())
        named |= {device} if device else set()
    return [devices[name] for name in sorted(named & devices.keys())]


def _too_long(device: Device, name: str, plan: SeriesPlan, horizon: int) -> Iterator[Fault]:
    for segment in plan.segments:
        kept = (horizon + segment.look_back + segment.look_ahead) / (segment.exposure * SECOND)
        if kept > KEPT_MAX:
            message = (
                f"{name} would keep {kept:.0f} samples in the workers' state, more than "
                f"{KEPT_MAX}: shorten the longest window of its profile, or declare one, lengthen "
                "its nominal period, or lower VIGIE_HORIZON_HOURS"
            )
            yield Fault("device", device.id, (), message)
            return
