"""What is declared about the conditions of one device, resolved: which are looked for, and how."""

import json
from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache, lru_cache
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
from streams.inventory import EVER, NEVER, Configuration, Deployment, Device, Profile, UseCase
from streams.inventory.declared import valid
from streams.inventory.devices import configured
from streams.partition import partition_of
from streams.quality import Params
from streams.registry import Registry

CONDITIONS = discover(streams.conditions, ConditionKind)

_ENCODER = json.JSONEncoder(default=str)

Settings = Mapping[str, Any]
"""By kind its parameters, or False where it is not looked for."""


@cache
def defaults() -> Mapping[str, Settings]:
    """By property of the vocabulary, where nothing else is declared."""
    path = Path(streams.conditions.__file__).with_name("defaults.yaml")
    read: Mapping[str, Settings] = yaml.safe_load(path.read_text("utf-8"))
    return read


@dataclass(frozen=True)
class _Profiles:
    """The profiles of the properties of which one says something of conditions; the sites that
    they are of, and the instants from which others of them are valid."""

    of: Mapping[str, Sequence[Profile]]
    sites: frozenset[str]
    cuts: frozenset[int]

    @classmethod
    def among(cls, profiles: Sequence[Profile]) -> "_Profiles":
        """Those of all profiles."""
        of: dict[str, list[Profile]] = {p.property: [] for p in profiles if p.conditions}
        some = [p for p in profiles if p.property in of]
        for profile in some:
            of[profile.property].append(profile)
        sites = frozenset(p.site for p in some if p.site is not None)
        return cls(of, sites, frozenset(_ends(some)))


def _for_everybody(registry: Registry) -> _Profiles:
    return _Profiles.among(registry.of("profile", None))


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
    profiles: _Profiles
    places: tuple[Deployment, ...]
    _made_of: tuple[Any, ...] = field(compare=False, repr=False)
    _cuts: Sequence[int] = field(compare=False, repr=False)
    _made: dict[tuple[Key, int], Mapping[str, Params]] = field(
        default_factory=dict, compare=False, repr=False
    )

    @classmethod
    def about(
        cls, registry: Registry, device: Device, known: "ConditionPlan | None" = None
    ) -> "ConditionPlan":
        """The plan of a device: the ``known`` one where it is made of the same."""
        case: UseCase | None = registry.get("use_case", device.use_case)
        kinds = "profile", "configuration", "deployment", "erasure"
        everybody, own = registry.of("profile", None), [registry.of(k, device.id) for k in kinds]
        made_of = device, case, everybody, *own
        if known is not None and known._made_of == made_of:
            return known
        private, settings, deployments, _ = own
        profiles = (
            _Profiles.among([*everybody, *private]) if private else registry.once(_for_everybody)
        )
        places = tuple(d for d in deployments if d.site in profiles.sites)
        return cls(
            _periods(device, settings),
            merged(deployments) if deployments else None,
            tuple(spans(registry, device.id)),
            (case.conditions if case else {}, device.conditions),
            profiles,
            places,
            made_of,
            sorted(profiles.cuts.union(_ends(places))),
        )

    def kinds(self, key: Key, clock: int) -> Mapping[str, Params]:
        """What is looked for in a series, or in the whole device, by what is declared for now; what
        needs flags comes last.

        What nobody may look for because its parameters are none is left out.
        """
        place = key, bisect_right(self._cuts, clock)
        if place not in self._made:
            layers = [defaults().get(key[0], {}), *self.settings, self._profile(key, clock)]
            told = _ENCODER.encode([layer for layer in layers if layer])
            self._made[place] = _looked_for(key != WHOLE, told)
        return self._made[place]

    def _profile(self, key: Key, clock: int) -> Settings:
        if key[0] not in self.profiles.of:
            return {}
        profiles = self.profiles.of[key[0]]
        profile = Applicable((), profiles, self.places, (), (), ()).at(clock).profile()
        return profile.conditions if profile else {}


@lru_cache(maxsize=4096)
def _looked_for(series: bool, told: str) -> Mapping[str, Params]:
    """The kinds and their parameters by layers of settings, the last one that speaks of a kind
    deciding; devices that have the same settings share what was made of them."""
    layers, found = json.loads(told), {}
    for name, kind in sorted(CONDITIONS.items(), key=lambda each: (each[1].judged, each[0])):
        said = [layer[name] for layer in layers if name in layer]
        given = said[-1] if said else ({} if kind.usual else False)
        if kind.series == series and given is not False:
            with suppress(ValidationError):
                found[name] = kind.params.model_validate(given)
    return found


def unit(registry: Registry, key: Key) -> str:
    """The unit of a series."""
    declared = registry.get("property", key[0])
    return declared.unit if declared else ""


def every_frame(registry: Registry, network: str) -> bool:
    """Whether a gap in the frame counter is a loss where a device is heard."""
    declared = registry.get("network", network)
    return declared is None or bool(declared.forwards_every_frame)


def _ends(objects: Iterable[Profile | Deployment]) -> Iterable[int]:
    return (t for o in objects for t in (o.since, o.until))


def _periods(
    device: Device, settings: Sequence[Configuration]
) -> tuple[tuple[int, int, float], ...]:
    if not settings:
        return ((EVER, NEVER, device.nominal_period),)
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
    """Asks a registry for the devices that stand somewhere, by the partition that is theirs, be
    they declared or not; most changes leave them, and what was said last is said again."""
    last: tuple[Any, Mapping[int, Sequence[str]]] = None, {}

    def ask(registry: Registry) -> Mapping[int, Sequence[str]]:
        nonlocal last
        deployments, found = registry.objects.get("deployment", {}), dict[int, list[str]]()
        known, said = last
        if known is deployments:
            return said
        for device in sorted({d.device for d in registry.all("deployment").values()}):
            found.setdefault(partition_of(device.encode(), partitions), []).append(device)
        last = deployments, found
        return found

    return ask
