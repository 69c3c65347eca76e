"""The conditions of a partition's devices: looked for where something changed, said where they did.

What is found is compared with what was said, and the difference goes out: opened, updated, closed,
or withdrawn, where what was known later says that it never was.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from streams.applicable import Key
from streams.condition_plan import CONDITIONS, ConditionPlan, deployed_of, every_frame, unit
from streams.conditions import WHOLE, Condition, Evidence, Span
from streams.conditions.silent import SILENT, TIMELY, Silent, deadline
from streams.device_state import DeviceState
from streams.evidence import evidence, samples, series_in
from streams.handler import Output
from streams.inventory import NEVER
from streams.judge import Judged
from streams.measured import heard_by
from streams.memory import BEGAN, Memory, Watched, memory_key
from streams.quality import Params
from streams.registry import Registry
from streams.samples import Frames, Rows, short
from streams.topics import CONDITIONS as TOPIC
from streams.wire import Wire

_ALL = frozenset(CONDITIONS)
_TIMED = frozenset({SILENT.name})
_FLAGGED = frozenset(name for name, kind in CONDITIONS.items() if kind.judged)
_PLAIN = _ALL - _FLAGGED


@dataclass
class Diagnosis:
    """What one batch finds: ``outputs`` in their order, and the ``state`` that remembers it.

    ``clock`` is what time it is, ``since`` how far back it looks and ``earliest`` the first instant
    of the batch, UTC microseconds.
    """

    wire: Wire
    watched: Watched
    registry: Registry
    horizon: int
    clock: int
    since: int
    earliest: int
    outputs: list[Output] = field(default_factory=list)
    state: dict[bytes, bytes | None] = field(default_factory=dict)
    _heard: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if 0 < self.earliest < (self.watched.began or NEVER):
            self.watched.began = self.earliest
            self.state[BEGAN] = str(self.earliest).encode()

    def plan(self, device: str) -> ConditionPlan | None:
        """What is declared about a device's conditions; None where it is not declared."""
        planned_by, known = self.watched.plans.get(device, (None, None))
        if planned_by is self.registry:
            return known
        declared = self.registry.get("device", device)
        plan = None if declared is None else ConditionPlan.about(self.registry, declared, known)
        self.watched.plans[device] = self.registry, plan
        return plan

    def redeclared(self, device: str) -> bool:
        """Whether something else is declared about its conditions than when it was looked at."""
        planned_by, known = self.watched.plans.get(device, (None, None))
        if planned_by is self.registry:
            return False
        plan = self.plan(device)
        return plan is not known and plan != known

    def met(self, frame: Mapping[str, Any], rows: Mapping[Key, Rows]) -> None:
        """A frame has taken its place, with the values of these series."""
        memory, arrival = self.watched.memory(frame["device"]), frame["arrival"]
        for key, table in rows.items():
            first = memory.first.get(key, NEVER)
            if len(table) and table["at"][0] < first:
                there = table["at"][~np.isnan(table["value"])]
                if len(there) and there[0] < first:
                    memory.first[key], memory.changed = int(there[0]), True
        known = memory.names.values()
        for name in (frame["network"], *heard_by(frame)):
            if name not in known and short(name) not in memory.names:
                memory.names[short(name)], memory.changed = name, True
        last = max(memory.heard, self._heard.get(frame["device"], 0))
        if arrival - frame["observed_at"] <= TIMELY and arrival >= last:
            self._heard[frame["device"]] = arrival
            if memory.network != frame["network"]:
                memory.network, memory.changed = frame["network"], True

    def look(
        self, device: str, state: DeviceState, judged: Mapping[Key, Judged] | None = None
    ) -> None:
        """Look at a device whose samples changed, or about which something else is declared.

        Without ``judged`` only at what time alone changes.
        """
        plan = self.plan(device)
        if plan is None:
            return
        memory = self.watched.memory(device)
        if plan.erased:
            self._erase(device, memory, plan.erased)
        self._forget(memory)
        span, listening = (self.since, self.clock), self.watched.began or 0
        every = every_frame(self.registry, memory.network)
        whole = evidence(plan, memory, state, span, self.horizon // 2, listening, every)
        look = _Look(self, device, plan, memory, whole)
        wanted = plan.kinds(WHOLE, self.clock)
        look.find(whole, wanted, _TIMED if judged is None else _ALL)
        for key in () if judged is None else series_in(state, memory):
            look.series(key, state, judged.get(key) if judged else None)
        memory.heard = max(memory.heard, self._heard.get(device, 0))
        look.wait(wanted.get(SILENT.name))
        self._remember(device, memory, state.frames)

    def _forget(self, memory: Memory) -> None:
        """What was over before anything that is looked at: before a look, too, for which series
        are looked at is not to depend on when that was done last."""
        for name, condition in list(memory.said.items()):
            if condition.closed_at is not None and condition.closed_at < self.since:
                del memory.said[name]
                memory.changed = True

    def _remember(self, device: str, memory: Memory, frames: Frames) -> None:
        """Write what is not to be forgotten; when a device was heard last, twice a day."""
        self._forget(memory)
        if not (memory.heard or memory.first or memory.said):
            del self.watched.memories[device]
            if memory.written is not None:
                self.state[memory_key(device)] = None
        elif memory.changed or memory.heard - (memory.written or 0) >= self.horizon // 4:
            seen = {*frames["gateways"].ravel().tolist(), *frames["network"].tolist()}
            memory.names = {n: name for n, name in memory.names.items() if n in seen}
            self.state[memory_key(device)] = memory.pack()

    def due(self, partition: int, partitions: int, looked_by: Registry | None) -> Iterator[str]:
        """The devices whose time has come; where something else is declared than ``looked_by``
        says, of those that are remembered and those that stand somewhere in this partition the
        ones that it concerns as well."""
        yield from self.watched.deadlines.due(self.clock)
        if looked_by is not self.registry:
            self._close()
            deployed = self.registry.once(deployed_of(partitions)).get(partition, ())
            names = dict.fromkeys([*self.watched.memories, *deployed])
            yield from filter(self.redeclared, names)
            self.watched.plans = {
                device: of for device, of in self.watched.plans.items() if of[0] is self.registry
            }

    def _close(self) -> None:
        """What is said of devices that are not declared any more is over."""
        for device, memory in list(self.watched.memories.items()):
            if self.registry.get("device", device) is None:
                for condition in memory.said.values():
                    if condition.closed_at is None:
                        self.say(device, memory, replace(condition, closed_at=self.clock))
                self.watched.deadlines.put(device, None)
                del self.watched.memories[device]
                self.state[memory_key(device)] = None

    def _erase(self, device: str, memory: Memory, spans: Sequence[Span]) -> None:
        """Forget what lies in erased spans, and withdraw what was said of them, however old."""

        def gone(at: int) -> bool:
            return any(since <= at < until for since, until in spans)

        for condition in [c for c in memory.said.values() if gone(c.opened_at)]:
            self.withdraw(device, memory, condition)
        if any(at and gone(at) for at in (memory.heard, *memory.first.values())):
            memory.first = {key: at for key, at in memory.first.items() if not gone(at)}
            memory.heard, memory.changed = 0 if gone(memory.heard) else memory.heard, True

    def withdraw(self, device: str, memory: Memory, condition: Condition) -> None:
        """It never was."""
        del memory.said[condition.name]
        memory.changed = True
        self.say(device, memory, condition, withdrawn=True)

    def say(
        self, device: str, memory: Memory, condition: Condition, withdrawn: bool = False
    ) -> None:
        """A record of the wire."""
        record = {
            "device": device,
            "kind": condition.kind,
            "property": condition.series[0],
            "channel": condition.series[1],
            "opened_at": condition.opened_at,
            "closed_at": condition.closed_at,
            "reason": condition.reason,
            "level": condition.level,
            "gateways": list(condition.gateways),
            "network": condition.network,
            "withdrawn": withdrawn,
            "updated_at": self.clock,
        }
        message = self.wire.encode("Condition", record)
        self.outputs.append(Output(TOPIC, device.encode(), message, self.clock // 1000, 0))


@dataclass
class _Look:
    """One look at one device."""

    by: Diagnosis
    device: str
    plan: ConditionPlan
    memory: Memory
    whole: Evidence

    def series(self, key: Key, state: DeviceState, judged: Judged | None) -> None:
        """At one series; what needs flags stays as it is where there are none."""
        first, wanted = self.memory.first.get(key, NEVER), self.plan.kinds(key, self.whole.clock)
        of = unit(self.by.registry, key)
        given = self.whole.of(samples(key, of, first, state, judged, self.whole.since))
        if judged is not None and not self.memory.said:
            self.find(given, wanted, _ALL)
            return
        self.find(given, wanted, _PLAIN)
        if judged is not None:
            self.find(given, wanted, _FLAGGED)

    def find(self, given: Evidence, wanted: Mapping[str, Params], names: Set[str]) -> None:
        """The conditions of these kinds; one that is not looked for any more is over."""
        key, remembered = given.samples.series, self.memory.said
        for name, params in wanted.items():
            if name in names:
                kind = CONDITIONS[name]
                said = self.memory.about(name, key) if remembered else ()
                if said or not kind.idle(given, params):
                    self._compare(said, kind.find(given, params, said), kind.settled(given))
        if remembered:
            for condition in [c for c in remembered.values() if c.series == key]:
                if condition.closed_at is None and condition.kind in names - wanted.keys():
                    self._put(replace(condition, closed_at=given.clock))

    def _compare(
        self, said: Sequence[Condition], found: Collection[Condition], settled: int
    ) -> None:
        for condition in found:
            self._put(self._heard(condition))
        names = {condition.name for condition in found}
        for condition in said:
            going = condition.closed_at is None or condition.closed_at >= settled
            if going and condition.name not in names:
                self.by.withdraw(self.device, self.memory, condition)

    def _put(self, condition: Condition) -> None:
        """Remember it, and say it where that is news."""
        before = self.memory.said.get(condition.name)
        if before == condition:
            return
        self.memory.said[condition.name], self.memory.changed = condition, True
        if before is None or _told(before) != _told(condition):
            self.by.say(self.device, self.memory, condition)

    def _heard(self, condition: Condition) -> Condition:
        """With what heard the last frame that had come when it opened; where that is out of sight,
        as it was said."""
        opened, frames, names = condition.opened_at, self.whole.frames, self.memory.names
        frames = frames[: np.searchsorted(frames["at"], opened, side="right")]
        came = np.flatnonzero(frames["arrival"] <= opened)
        if not len(came):
            before = self.memory.said.get(condition.name)
            network = before.network if before else self.memory.network
            return replace(condition, gateways=before.gateways if before else (), network=network)
        last = frames[came[-1]]
        gateways = [names[n] for n in last["gateways"].tolist() if n in names]
        network = names.get(int(last["network"]), self.memory.network)
        return replace(condition, gateways=tuple(gateways), network=network)

    def wait(self, params: Params | None) -> None:
        """When to look again though nothing came, by what is declared of silences."""
        at: int | None = None
        if isinstance(params, Silent):
            found = self.memory.about(SILENT.name, WHOLE)
            at = deadline(self.whole, params, found, self.memory.heard)
        self.by.watched.deadlines.put(self.device, at)


def _told(condition: Condition) -> tuple[Any, ...]:
    of = condition
    return of.closed_at, of.level, of.reason, of.gateways, of.network
