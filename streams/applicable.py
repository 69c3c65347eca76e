"""What of all that is declared applies to one series, and when."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from streams.asked import Known
from streams.harm import Harm, harms
from streams.inventory import (
    EVER,
    NEVER,
    Calibration,
    Codec,
    Configuration,
    Deployment,
    Device,
    Profile,
    Verdict,
)
from streams.inventory.declared import Span, valid
from streams.inventory.judgement import STAGES
from streams.registry import Registry

Key = tuple[str, str]
"""Property and channel: a series of a device."""


@dataclass(frozen=True)
class Applicable:
    """What is declared about one series, valid at some time or other."""

    calibrations: Sequence[Calibration]
    profiles: Sequence[Profile]
    places: Sequence[Deployment]
    settings: Sequence[Configuration]
    harms: Sequence[Harm]
    verdicts: Sequence[Verdict]

    @classmethod
    def about(cls, known: Known, device: Device, key: Key) -> "Applicable":
        own, name = known.ask(Registry.owned, device.id), key[0]
        profiles = [*known.ask(shared, name), *(p for p in own["profile"] if p.property == name)]
        sites = {p.site for p in profiles if p.site is not None}
        return cls(
            sorted((c for c in own["calibration"] if (c.property, c.channel) == key), key=_order),
            profiles,
            [d for d in own["deployment"] if d.site in sites],
            own["configuration"],
            [h for h in harms(known, device) if h.property in (None, name)],
            [
                v
                for v in own["verdict"]
                if v.property in (None, name) and v.channel in (None, key[1])
            ],
        )

    def cuts(self) -> list[int]:
        """The instants at which something else begins to apply."""
        dated: tuple[Span, ...] = (
            *(*self.calibrations, *self.profiles, *self.places),
            *(*self.settings, *self.verdicts),
        )
        ends = {i for o in dated for i in (o.since, o.until)}
        return sorted({EVER, NEVER, *ends, *(i for h in self.harms for i in (h.since, h.until))})

    def at(self, instant: int) -> "Applicable":
        """Those that are valid then, and of the profiles those for where the device stands."""
        places = valid(self.places, instant)
        sites = {None, *(place.site for place in places)}
        return Applicable(
            valid(self.calibrations, instant),
            [p for p in valid(self.profiles, instant) if p.site in sites],
            places,
            valid(self.settings, instant),
            [h for h in self.harms if h.since <= instant < h.until],
            valid(self.verdicts, instant),
        )

    def profile(self) -> Profile | None:
        """The device's own before that of its site, that before the property's."""
        return max(
            self.profiles,
            key=lambda p: (p.device is not None, p.site is not None, p.since, p.id),
            default=None,
        )

    def effects(self) -> dict[str, int]:
        """The worst flag that each kind of harm gives, by the name of its test."""
        found: dict[str, int] = {}
        for harm in self.harms:
            found[harm.test] = max(found.get(harm.test, 0), harm.flag)
        return dict(sorted(found.items()))

    def verdict(self) -> Verdict | None:
        """What somebody who looked says: the most particular, of these the one that began last."""
        return max(
            self.verdicts,
            key=lambda v: (v.property is not None, v.channel is not None, v.since, v.id),
            default=None,
        )


def shared(registry: Registry, name: str) -> tuple[Profile, ...]:
    """The profiles of a property that are for no device of their own."""
    return registry.once(_shared).get(name, ())


def _shared(registry: Registry) -> Mapping[str, tuple[Profile, ...]]:
    found: dict[str, tuple[Profile, ...]] = {}
    for profile in registry.of("profile", None):
        found[profile.property] = (*found.get(profile.property, ()), profile)
    return found


def series_of(known: Known, device: Device) -> set[Key]:
    """The series that its codecs make, that are calibrated, or that have a profile of the device.

    One with a channel of the payload's own stands for all of them.
    """
    own = known.ask(Registry.owned, device.id)
    names = {device.codec, *(s.codec for s in own["configuration"] if s.codec)}
    codecs: list[Codec | None] = [known.ask(Registry.get, "codec", name) for name in names]
    named = {(c.property, c.channel) for c in own["calibration"]}
    named |= {(p.property, "") for p in own["profile"]}
    return named | {(e.property, e.channel) for codec in codecs if codec for e in codec.mapping}


def _order(calibration: Calibration) -> tuple[int, str]:
    return STAGES.index(calibration.stage), calibration.id
