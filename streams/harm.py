"""What has happened to a device or to its network server, and the flag that data of that time gets.

Sound level meters are checked with a calibrator (IEC 60942). What a meter reads must not have moved
by more than half a decibel between two checks (ISO 1996-2), else the data between them is suspect;
beyond one decibel, a choice of this project, it fails.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from streams.asked import Known
from streams.inventory import (
    EVER,
    NEVER,
    Configuration,
    Device,
    Maintenance,
    Network,
    Property,
)
from streams.inventory.fieldwork import Check
from streams.quality import FAIL, SUSPECT
from streams.registry import Registry

QUALITY = {"bad": FAIL, "suspect": SUSPECT}
"""What is said of the data, as a flag."""

SUSPECT_SHIFT, FAIL_SHIFT = 0.5, 1.0
"""Decibels between two checks, beyond which data is suspect, and fails."""

_ROUNDING = 1e-9
"""Decibels: 94.5 less 94.0 is half a decibel, whatever binary fractions make of it."""


@dataclass(frozen=True)
class Harm:
    """Data of ``[since, until)``, UTC microseconds, gets ``flag`` from ``test``; ``property`` None:
    all that the device measures."""

    test: str
    property: str | None
    since: int
    until: int
    flag: int


def harms(known: Known, device: Device) -> list[Harm]:
    """What is declared to have harmed the data of a device."""
    own = known.ask(Registry.owned, device.id)
    acts = own["maintenance"]
    return [
        *_done(acts),
        *_unsteady(known, acts),
        *_unheard(known, device, own["configuration"]),
    ]


def _done(acts: Sequence[Maintenance]) -> Iterator[Harm]:
    for act in acts:
        for effect in act.affects:
            if flag := QUALITY.get(effect.quality):
                yield Harm("maintenance", effect.property, effect.since, effect.until, flag)


def _unsteady(known: Known, acts: Sequence[Maintenance]) -> Iterator[Harm]:
    """Between two checks of a sound level meter, by how much its reading had moved; before the
    first there is nothing that vouches for the data if that finds it off."""
    if not any(act.check for act in acts):
        return
    for name in (prop.id for prop in known.ask(sound_levels)):
        of = [(a.since, a.id, a.check) for a in acts if a.check and a.check.about(name)]
        before: list[tuple[int, Check | None]] = [(EVER, None)]
        checks = before + [(since, check) for since, _, check in sorted(of, key=lambda c: c[:2])]
        for (since, last), (until, check) in pairwise(checks):
            if since < until and check and (flag := _shifted(last, check)):
                yield Harm("calibrator", name, since, until, flag)


def _shifted(last: Check | None, check: Check) -> int:
    shift = abs(check.read - check.level - (last.remaining() if last else 0.0)) - _ROUNDING
    return FAIL if shift > FAIL_SHIFT else SUSPECT if shift > SUSPECT_SHIFT else 0


def sound_levels(registry: Registry) -> tuple[Property, ...]:
    """The properties that a calibrator checks: levels with a weighting, such as dB(A)."""
    properties: Iterable[Property] = registry.all("property").values()
    return tuple(prop for prop in properties if prop.unit.startswith("dB("))


def _unheard(known: Known, device: Device, settings: Sequence[Configuration]) -> Iterator[Harm]:
    """What the network that the device is on declares, for as long as it was on it."""
    for name, begun, ended in _networks(device, settings):
        network: Network | None = known.ask(Registry.get, "network", name)
        for effect in network.affects if network else ():
            flag = QUALITY.get(effect.quality)
            since, until = max(begun, effect.since), min(ended, effect.until)
            if flag and since < until:
                yield Harm("network", effect.property, since, until, flag)


def _networks(device: Device, settings: Sequence[Configuration]) -> Iterator[tuple[str, int, int]]:
    """The networks of a device, each with when: a configuration that names one goes before."""
    named = sorted((c.since, c.until, c.network) for c in settings if c.network is not None)
    yield from ((network, since, until) for since, until, network in named)
    since = EVER
    for until, after in [*((begun, ended) for begun, ended, _ in named), (NEVER, NEVER)]:
        if device.network is not None and since < until:
            yield device.network, since, until
        since = max(since, after)
