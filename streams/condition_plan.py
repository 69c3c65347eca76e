"""What is declared about the conditions of one device, resolved: which are looked for, and how."""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache, cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

import streams.conditions
from streams.applicable import Applicable
from streams.conditions import WHOLE, ConditionKind, Key, Span
from streams.discover import discover
from streams.erasures import spans
from streams.inventory import EVER, NEVER, Deployment, Device, Profile, UseCase
from streams.inventory.declared import valid
from streams.inventory.devices import configured
from streams.partition import partition_of
from streams.quality import Params
from streams.registry import Registry

CONDITIONS = discover(streams.conditions, ConditionKind)

Settings = Mapping[str, Any]
"""By kind its parameters, or False where it is not looked for."""


@cache
def defaults() -> Mapping[str, Settings]:
    """By property of the vocabulary, where nothing else is declared."""
    path = Path(streams.conditions.__file__).with_name("defaults.yaml")
    read: Mapping[str, Settings] = yaml.safe_load(path.read_text("utf-8"))
    return read


@dataclass(frozen=True)
class ConditionPlan:
    """``periods`` are the nominal ones: from, to, seconds. ``deployed`` is when the device stands
    anywhere, None where nobody says. ``settings`` are those of its use case and its own.

    Two are equal where the same applies.
    """

    periods: tuple[tuple[int, int, float], ...]
    deployed: tuple[Span, ...] | None
    erased: tuple[Span, ...]
    settings: tuple[Settings, ...]
    profiles: tuple[Profile, ...]
    places: tuple[Deployment, ...]
    _registry: Registry = field(compare=False, repr=False)
    _device: Device = field(compare=False, repr=False)
    _made: dict[tuple[Key, int], Mapping[str, Params]] = field(
        default_factory=dict, compare=False, repr=False
    )

    @classmethod
    def about(cls, registry: Registry, device: Device) -> "ConditionPlan":
        """The plan of a device."""
        case: UseCase | None = registry.get("use_case", device.use_case)
        everybody = (*registry.of("profile", None), *registry.of("profile", device.id))
        profiles = tuple(p for p in everybody if p.conditions)
        sites = {p.site for p in profiles if p.site is not None}
        deployments = registry.of("deployment", device.id)
        return cls(
            _periods(registry, device),
            merged(deployments) if deployments else None,
            tuple(spans(registry, device.id)),
            (case.conditions if case else {}, device.conditions),
            profiles,
            tuple(d for d in deployments if d.site in sites),
            registry,
            device,
        )

    def kinds(self, key: Key, clock: int) -> Mapping[str, Params]:
        """What is looked for in a series, or in the whole device, by what is declared for now.

        What nobody may look for because its parameters are none is left out.
        """
        place = key, bisect_right(self._cuts, clock)
        if place not in self._made:
            self._made[place] = dict(self._kinds(key, clock))
        return self._made[place]

    @cached_property
    def _cuts(self) -> list[int]:
        """The instants from which something else is looked for."""
        return sorted({t for o in (*self.profiles, *self.places) for t in (o.since, o.until)})

    def _kinds(self, key: Key, clock: int) -> Iterable[tuple[str, Params]]:
        layers = [defaults().get(key[0], {}), *self.settings]
        if key != WHOLE:
            profile = Applicable.about(self._registry, self._device, key).at(clock).profile()
            layers.append(profile.conditions if profile else {})
        for name, kind in CONDITIONS.items():
            said = [layer[name] for layer in layers if name in layer]
            given = said[-1] if said else ({} if kind.usual else False)
            if kind.series == (key != WHOLE) and given is not False:
                with suppress(ValidationError):
                    yield name, kind.params.model_validate(given)

    def unit(self, key: Key) -> str:
        """The unit of a series."""
        declared = self._registry.get("property", key[0])
        return declared.unit if declared else ""

    def every_frame(self, network: str) -> bool:
        """Whether a gap in the frame counter is a loss where the device is heard."""
        declared = self._registry.get("network", network)
        return declared is None or bool(declared.forwards_every_frame)


def _periods(registry: Registry, device: Device) -> tuple[tuple[int, int, float], ...]:
    settings = registry.of("configuration", device.id)
    cuts = sorted({EVER, NEVER, *(t for s in settings for t in (s.since, s.until))})
    return tuple(
        (*span, configured(device, valid(settings, span[0])).nominal_period)
        for span in pairwise(cuts)
    )


def merged(deployments: Sequence[Deployment]) -> tuple[Span, ...]:
    """Spans in their order; where one ends as the next begins, the device only moved."""
    found: list[Span] = []
    for since, until in sorted((d.since, d.until) for d in deployments):
        if found and since <= found[-1][1]:
            found[-1] = found[-1][0], max(until, found[-1][1])
        else:
            found.append((since, until))
    return tuple(found)


@cache
def deployed_of(partitions: int) -> Callable[[Registry], Mapping[int, Sequence[str]]]:
    """Asks a registry for the devices that stand somewhere, by the partition that is theirs."""

    def ask(registry: Registry) -> Mapping[int, Sequence[str]]:
        found: dict[int, list[str]] = {}
        for device in sorted({d.device for d in registry.all("deployment").values()}):
            if registry.get("device", device) is not None:
                found.setdefault(partition_of(device.encode(), partitions), []).append(device)
        return found

    return ask
