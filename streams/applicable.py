"""What of all that is declared applies to one series, and when."""

from collections.abc import Sequence
from dataclasses import dataclass

from streams.inventory import (
    EVER,
    NEVER,
    Calibration,
    Configuration,
    Deployment,
    Device,
    Profile,
)
from streams.inventory.declared import valid
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

    @classmethod
    def about(cls, registry: Registry, device: Device, key: Key) -> "Applicable":
        own = registry.of("calibration", device.id)
        everybody = (*registry.of("profile", None), *registry.of("profile", device.id))
        profiles = [p for p in everybody if p.property == key[0]]
        sites = {p.site for p in profiles if p.site is not None}
        return cls(
            sorted((c for c in own if (c.property, c.channel) == key), key=_order),
            profiles,
            [d for d in registry.of("deployment", device.id) if d.site in sites],
            registry.of("configuration", device.id),
        )

    def cuts(self) -> list[int]:
        """The instants at which something else begins to apply."""
        dated = (*self.calibrations, *self.profiles, *self.places, *self.settings)
        return sorted({EVER, NEVER, *(i for o in dated for i in (o.since, o.until))})

    def at(self, instant: int) -> "Applicable":
        """Those that are valid then, and of the profiles those for where the device stands."""
        places = valid(self.places, instant)
        sites = {None, *(place.site for place in places)}
        return Applicable(
            valid(self.calibrations, instant),
            [p for p in valid(self.profiles, instant) if p.site in sites],
            places,
            valid(self.settings, instant),
        )

    def profile(self) -> Profile | None:
        """The device's own before that of its site, that before the property's."""
        return max(
            self.profiles,
            key=lambda p: (p.device is not None, p.site is not None, p.since, p.id),
            default=None,
        )


def _order(calibration: Calibration) -> tuple[int, str]:
    return STAGES.index(calibration.stage), calibration.id
