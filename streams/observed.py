"""What observe keeps of a partition: its devices, how far back each is looked at, and its plans."""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field

from streams.applicable import Key
from streams.errors import Skip
from streams.inventory import EVER
from streams.measured import NO_VALUE
from streams.memory import Watched
from streams.panel import PlanSet
from streams.plan import DevicePlan, version
from streams.reach import REACH, reach_key
from streams.registry import Registry
from streams.siblings import usable
from streams.state import PartitionState

State = dict[bytes, bytes | None]


@dataclass
class Reaches:
    """How far before the horizon the samples of each device are kept, microseconds.

    ``former`` is how far those of all were. ``whole`` is since when, UTC microseconds, none of a
    device's is gone that its reach asks for, where that has grown.
    """

    of: dict[str, int] = field(default_factory=dict)
    whole: dict[str, int] = field(default_factory=dict)
    former: int | None = None

    def restore(self, key: bytes, value: bytes) -> bool:
        """Take what was written, if it is ours."""
        if key == REACH:
            self.former = int(value)
        elif key.startswith(REACH + b"/"):
            device, said = key.decode().partition("/")[2], value.split()
            self.of[device] = int(said[0])
            if len(said) > 1:
                self.whole[device] = int(said[1])
        else:
            return False
        return True

    def before(self, device: str) -> int | None:
        """As it is known; None where nothing is."""
        return self.of.get(device, self.former)

    def put(self, device: str, reach: int, since: int, state: State) -> None:
        """A device's reach from now on; what a longer one asks for before ``since`` is gone."""
        before = self.before(device)
        if before is not None and before < reach:
            self.whole[device] = max(self.whole.get(device, EVER), since - before)
        if reach != self.of.get(device):
            self.of[device] = reach
            said = [reach, self.whole[device]] if device in self.whole else [reach]
            state[reach_key(device)] = " ".join(map(str, said)).encode()

    def drop(self, device: str, state: State) -> None:
        """Forget a device."""
        self.whole.pop(device, None)
        if self.of.pop(device, None) is not None:
            state[reach_key(device)] = None


@dataclass(frozen=True)
class Standing:
    """The plans of the series that a device has, and their version."""

    of: DevicePlan
    keys: frozenset[Key]
    set: PlanSet
    version: int


@dataclass
class Partition(PartitionState):
    """A partition's devices, the snapshot that judged them and the hour last cleared."""

    judged_by: Registry | None = None
    reaches: Reaches = field(default_factory=Reaches)
    cleared: int = 0
    watched: Watched = field(default_factory=Watched)
    _plans: dict[str, DevicePlan] = field(default_factory=dict)
    _planned_by: Registry | None = None
    _standing: dict[str, Standing] = field(default_factory=dict)

    def restore(self, key: bytes, value: bytes) -> None:
        """Take a chunk, how far back the samples were kept, or what was said of a device."""
        if not self.reaches.restore(key, value) and not self.watched.restore(key, value):
            super().restore(key, value)

    def plan(self, registry: Registry, device: str) -> DevicePlan:
        """The device's plan under a snapshot.

        Raises:
            Skip: the device is not declared.
        """
        if self._planned_by is not registry:
            self._planned_by, self._plans = registry, {}
        if device not in self._plans:
            declared = registry.get("device", device)
            if declared is None:
                raise Skip("unknown_device", f"{device} is not declared in the inventory")
            self._plans[device] = DevicePlan(registry, declared)
        return self._plans[device]

    def standing(self, registry: Registry, device: str) -> Standing:
        """The plans of the series that the device has.

        Raises:
            Skip: the device is not declared.
        """
        plan, held = self.plan(registry, device), self.device(device).series.keys()
        known = self._standing.get(device)
        if known is None or known.of is not plan or known.keys != held:
            plans = usable(plan, (key for key in sorted(held) if key != NO_VALUE))
            known = Standing(plan, frozenset(held), PlanSet(plans), version(plans))
            self._standing[device] = known
        return known

    def reaching(
        self, registry: Registry, device: str, more: Iterable[Key], since: int, state: State
    ) -> int:
        """How far before the horizon samples count for what the device measures, ``more`` series
        among it; as it was where the device is not declared any more."""
        held = {*self.device(device).series, *more}
        known = self.reaches.before(device) or 0
        with suppress(Skip):
            known = self.plan(registry, device).reach(held)
        self.reaches.put(device, known, since, state)
        return known

    def keep(self, device: str, touched: set[int], state: State) -> None:
        """Write the hours that changed; where an erasure has left none, the device is forgotten
        now: its name is not to stay until the next hour."""
        state |= dict(self.chunks(device, touched))
        if not self.hours.get(device):
            self.drop(device)
            self._standing.pop(device, None)
            self.reaches.drop(device, state)

    def clear(self, kept: int) -> Iterator[tuple[bytes, bytes | None]]:
        """Drop what no sample since ``kept`` can depend on, UTC microseconds."""
        of, state = self.reaches.of, State()
        yield from self.forget(lambda device: kept - of.get(device, 0))
        for device in of.keys() - self.hours.keys():
            self.reaches.drop(device, state)
        yield from state.items()
