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
    """The plans of the series that a device has, and their version; ``mark`` is that of the plan
    of the device that they are from."""

    mark: object
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
    _standing: dict[str, Standing] = field(default_factory=dict)

    def restore(self, key: bytes, value: bytes) -> None:
        """Take a chunk, how far back the samples were kept, or what was said of a device."""
        if not self.reaches.restore(key, value) and not self.watched.restore(key, value):
            super().restore(key, value)

    def plan(self, registry: Registry, device: str) -> DevicePlan:
        """The device's plan under a snapshot; what was made of it under the one before stays where
        nothing that concerns the device has changed.

        Raises:
            Skip: the device is not declared.
        """
        plan = self._plans.get(device)
        if plan is not None and plan.registry is registry:
            return plan
        if plan is None:
            declared = registry.get("device", device)
            if declared is None:
                raise Skip("unknown_device", f"{device} is not declared in the inventory")
            plan = DevicePlan(registry, declared)
        self._plans[device] = found = plan.under(registry)
        return found

    def standing(self, registry: Registry, device: str, *, touched: bool = True) -> Standing:
        """The plans of the series that the device has; where its samples were not ``touched``,
        it is not even looked at.

        Raises:
            Skip: the device is not declared.
        """
        plan, known = self.plan(registry, device), self._standing.get(device)
        same = known is not None and known.mark is plan.mark
        if known is not None and same and not touched:
            return known
        held = self.look(device).series.keys()
        if known is None or not same or known.keys != held:
            plans = usable(plan, (key for key in sorted(held) if key != NO_VALUE))
            known = Standing(plan.mark, frozenset(held), PlanSet(plans), version(plans))
            self._standing[device] = known
        return known

    def version(self, device: str) -> int | None:
        """That of the plans that judged the device last; None where it was not judged since the
        state was read."""
        state = self.at_hand(device) or self.packed.get(device)
        return None if state is None else state.judged_by

    def reaching(
        self, registry: Registry, device: str, more: Iterable[Key], since: int, state: State
    ) -> int:
        """How far before the horizon samples count for what the device measures, ``more`` series
        among it; as it was where the device is not declared any more."""
        known = self.reaches.before(device) or 0
        with suppress(Skip):
            plan, stands = self.plan(registry, device), self._standing.get(device)
            if not more and stands is not None and stands.mark is plan.mark:
                return known
            known = plan.reach({*self.look(device).series, *more})
        self.reaches.put(device, known, since, state)
        return known

    def keep(self, device: str, touched: set[int], state: State) -> None:
        """Write the hours that changed; where an erasure has left none, the device is forgotten
        now: its name is not to stay until the next hour."""
        if touched or device in self.open:
            state |= dict(self.chunks(device, touched))
        if not self.hours.get(device):
            self.drop(device)
            self.reaches.drop(device, state)

    def drop(self, device: str) -> None:
        """Forget a device of which no chunk is left."""
        super().drop(device)
        self._standing.pop(device, None)
        self._plans.pop(device, None)

    def clear(self, kept: int) -> Iterator[tuple[bytes, bytes | None]]:
        """Drop what no sample since ``kept`` can depend on, UTC microseconds."""
        of, state = self.reaches.of, dict[bytes, bytes | None]()
        yield from self.forget(lambda device: kept - of.get(device, 0))
        for device in of.keys() - self.hours.keys():
            self.reaches.drop(device, state)
        for device in self._plans.keys() - self.hours.keys():
            self.drop(device)
        yield from state.items()
