"""How far, and to which series and devices, a sample's influence goes."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from streams.applicable import Key, series_of
from streams.duration import HOUR, SECOND
from streams.inventory import Device
from streams.plan import DevicePlan
from streams.registry import Registry
from streams.reprocess.neighbourhood import Beside, Neighbourhood, radius
from streams.segment import TESTS
from streams.siblings import Plans, usable

Held = Mapping[str, Iterable[Key]]
Properties = frozenset[str] | None


@dataclass(frozen=True)
class Reaching:
    """What is declared, asked for influence; ``held`` are by device the series stored of it."""

    registry: Registry
    held: Held
    _known: dict[str, tuple[DevicePlan, Plans]] = field(default_factory=dict, repr=False)
    _beside: dict[str, list[Beside]] = field(default_factory=dict, repr=False)

    @cached_property
    def _anybody_compares(self) -> bool:
        """No default does."""
        profiles = self.registry.all("profile").values()
        names = {name for profile in profiles for name in profile.tests or ()}
        return any(TESTS[name].peers for name in names & TESTS.keys())

    @cached_property
    def _looked_at_by(self) -> Mapping[str, set[str]]:
        """By device those that look at it as a neighbour."""
        found: dict[str, set[str]] = {}
        if not self._anybody_compares:
            return found
        for device in self.registry.all("device"):
            for peer in self.peers(device):
                found.setdefault(peer, set()).add(device)
        return found

    def reach(self, device: str) -> int:
        """How far from a sample of a device, before and after, lies what may depend on it, in
        whole hours of microseconds; nought where it is not declared."""
        if self.registry.get("device", device) is None:
            return 0
        plan, plans = self._of(device)
        reach = plan.reach(plans)
        return reach + -reach % HOUR

    def pace(self, device: str) -> float:
        """Samples in a microsecond, by the nominal period of each series."""
        plan, plans = self._of(device)
        return len(plans) / (plan.device.nominal_period * SECOND)

    def compared(self, device: str) -> bool:
        """Whether a series of the device is compared with other devices."""
        return any(radius(plan) for plan in self._of(device)[1].values())

    def peers(self, device: str) -> set[str]:
        """The devices that it may be compared with."""
        return {one.device for one in self.beside(device)}

    def beside(self, device: str) -> list[Beside]:
        """Those devices, and when they stand how far away."""
        if device not in self._beside:
            plans = self._of(device)[1].values()
            metres = max((radius(plan) for plan in plans), default=0.0)
            near = self.registry.once(Neighbourhood)
            self._beside[device] = near.beside(device, metres) if metres else []
        return self._beside[device]

    def influenced(
        self, device: str, properties: Properties
    ) -> Iterator[tuple[str, Properties, int]]:
        """The devices whose rows depend on those properties of a device, with which of theirs do
        and how far they reach: itself, and those that look at it as a neighbour."""
        if self.registry.get("device", device) is None:
            return
        own = self.reach(device)
        names = self._depending(device, properties)
        yield device, names, own
        for other in sorted(self._looked_at_by.get(device, ())):
            yield other, self._depending(other, names), own + self.reach(other)

    def _depending(self, device: str, properties: Properties) -> Properties:
        """These properties and all that a device makes of them."""
        if properties is None:
            return None
        plans, found = self._of(device)[1], set(properties)
        while True:
            more = {
                name
                for (name, _), plan in plans.items()
                if (plan.corrected_by | plan.compared_with) & found
            }
            if more <= found:
                return frozenset(found)
            found |= more

    def _of(self, device: str) -> tuple[DevicePlan, Plans]:
        if device not in self._known:
            declared: Device | None = self.registry.get("device", device)
            if declared is None:
                raise KeyError(f"{device} is not declared")
            plan = DevicePlan(self.registry, declared)
            keys = {*series_of(self.registry, declared), *self.held.get(device, ())}
            self._known[device] = plan, usable(plan, sorted(keys))
        return self._known[device]
