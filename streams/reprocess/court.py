"""The devices of a task, judged: many in one pass where no other is looked at, as live judges them.

A device that is compared with others is judged by itself, and so is one that fills a pass.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from streams.applicable import Key
from streams.chain import Track
from streams.device_state import Series
from streams.judge import Judged, Peers
from streams.panel import Member, Panel, PlanSet, panels, part
from streams.plan import DevicePlan
from streams.registry import Registry
from streams.reprocess.contract import Samples
from streams.reprocess.neighbourhood import Neighbourhood, peers, radius
from streams.reprocess.rows import sliced
from streams.siblings import Plans, Together, usable
from streams.windows import Entries, Windows

Properties = frozenset[str] | None
Named = dict[Key, Judged]


@dataclass
class Court:
    """Judges devices from all their samples; each plan and each device alone is made once."""

    registry: Registry
    samples: Samples
    _plans: dict[str, Plans] = field(default_factory=dict)
    _alone: dict[str, Together] = field(default_factory=dict)

    def plans(self, device: str) -> Plans:
        """Those of the series of which there are samples; none of an undeclared device."""
        if device not in self._plans:
            declared = self.registry.get("device", device)
            keys = sorted(self.samples.get(device, {}))
            plan = DevicePlan(self.registry, declared) if declared else None
            self._plans[device] = usable(plan, keys) if plan else {}
        return self._plans[device]

    def judged(
        self, devices: Iterable[str], properties: Properties
    ) -> Iterator[tuple[str, Key, Judged]]:
        """The series of devices, of these properties (None: all), in the order of the devices."""
        known = dict.fromkeys(devices)
        found = {} if properties else self._together(known)
        for device in known:
            own = found.pop(device, None)
            for key in self.plans(device):
                if own is not None:
                    yield device, key, own[key]
                elif properties is None or key[0] in properties:
                    yield device, key, self._one(device).judged(key)

    def _together(self, devices: Iterable[str]) -> dict[str, Named]:
        """The devices that are judged in one pass with others."""
        members = (self._member(device) for device in devices if not self._looks(device))
        found: dict[str, Named] = {}
        for panel in panels(member for member in members if member.set.plans):
            if len(panel.members) > 1:
                found |= apart(panel)
        return found

    def _member(self, device: str) -> Member:
        plans = self.plans(device)
        series = {key: Series(self.samples[device][key]) for key in plans}
        return Member(device, series, PlanSet(plans))

    def _looks(self, device: str) -> float:
        """How far a device looks at others, metres; 0: at none."""
        return max((radius(plan) for plan in self.plans(device).values()), default=0.0)

    def _one(self, device: str) -> Together:
        metres = self._looks(device)
        return self._among_others(device, metres) if metres else self.alone(device)

    def alone(self, device: str) -> Together:
        """A device without a look at others, as live judges it."""
        if device not in self._alone:
            self._alone[device] = Together(self.samples.get(device, {}), self.plans(device))
        return self._alone[device]

    def _among_others(self, device: str, metres: float) -> Together:
        beside = self.registry.once(Neighbourhood).beside(device, metres)
        plans = self.plans(device)

        def look(key: Key) -> Peers:
            return peers(plans[key], beside, lambda other: self._track(other, key))

        return Together(self.samples.get(device, {}), plans, peers=look)

    def _track(self, device: str, key: Key) -> Track | None:
        """The usable values of a series of another device."""
        if key not in self.plans(device):
            return None
        return self.alone(device).usable(key, key[0])


def apart(panel: Panel) -> dict[str, Named]:
    """The members of a panel as if each had been judged alone."""
    found: dict[str, Named] = {device: {} for device in panel.devices}
    for key, judged in panel.judged().items():
        samples = panel.stretches(judged.time)
        starts = [panel.stretches(of.start) for of in judged.windows]
        first = 0
        for i, member in enumerate(panel.members):
            own = part(judged, samples[i])
            windows = tuple(
                _windows(of, here[i], int(panel.shifts[i]))
                for of, here in zip(judged.windows, starts, strict=True)
            )
            found[member.device][key] = replace(own, segment=own.segment - first, windows=windows)
            first += len(member.set.plans[key].segments)
    return found


def _windows(of: Windows, here: slice, shift: int) -> Windows:
    columns = {
        name: sliced(column, here) if isinstance(column, Entries) else column[here]
        for name, column in of.columns.items()
    }
    return Windows(of.duration, of.start[here] - shift, columns)
