"""The handler of readings: frames take their place in the state, and what changed goes out.

Pure: time is the highest arrival seen on the partition, ticks included.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

import numpy as np

from streams.applicable import Key
from streams.device_state import HOUR, ROWS_MAX, DeviceState, hours
from streams.diagnosis import Diagnosis
from streams.emit import emission, withdrawn
from streams.erasures import cut, left, spans
from streams.errors import Skip
from streams.handler import Effects, Handler, Output, Record
from streams.inventory import EVER, NEVER
from streams.judge import Judged
from streams.measured import NO_VALUE, Frame, heads, heard_by, measured, samples, whole
from streams.memory import Watched
from streams.plan import DevicePlan, SeriesPlan, version
from streams.reach import REACH, reach_key
from streams.registry import Declarations, Registry
from streams.samples import FRAME, Frames, Rows, number, short
from streams.siblings import Together, usable
from streams.state import PartitionState
from streams.topics import CONDITIONS, OBSERVATIONS, PENDING, READINGS, WINDOWS
from streams.wire import Wire

DAY = 86_400_000_000
_CROWDED = f"more than {ROWS_MAX} values of one device in an hour: let it send fewer"


@dataclass
class Partition(PartitionState):
    """A partition's devices, the snapshot that judged them and the hour last cleared.

    ``reach`` is how far before the horizon the samples of each device are kept, ``former`` how far
    those of all were, microseconds; ``whole`` is since when, UTC microseconds, none of a device's
    is gone that its reach asks for, where that has grown.
    """

    judged_by: Registry | None = None
    reach: dict[str, int] = field(default_factory=dict)
    whole: dict[str, int] = field(default_factory=dict)
    former: int | None = None
    cleared: int = 0
    watched: Watched = field(default_factory=Watched)
    _plans: dict[str, DevicePlan] = field(default_factory=dict)
    _planned_by: Registry | None = None

    def restore(self, key: bytes, value: bytes) -> None:
        """Take a chunk, how far back the samples were kept, or what was said of a device."""
        if key == REACH:
            self.former = int(value)
        elif key.startswith(REACH + b"/"):
            device, said = key.decode().partition("/")[2], value.split()
            self.reach[device] = int(said[0])
            if len(said) > 1:
                self.whole[device] = int(said[1])
        elif not self.watched.restore(key, value):
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


def observe(
    wire: Wire, declarations: Declarations, horizon: int, partitions: int = 1
) -> Handler[Partition]:
    """The handler; ``horizon`` in microseconds, ``partitions`` is how many share the devices."""

    def handle(state: Partition, clock: int, records: Sequence[Record]) -> tuple[Effects, int]:
        registry = declarations.current()
        return _Batch(wire, declarations, registry, horizon, partitions, state, clock).run(records)

    return Handler("observe", READINGS, Partition, Partition.restore, handle, Partition.sizes)


@dataclass(frozen=True)
class _Placed:
    """A frame, its values by series, and the horizon at its arrival, UTC microseconds.

    The horizon is that of its own place among the records: a backlog that is judged in one go
    makes nothing late that was not.
    """

    record: Record
    content: Frame
    rows: dict[Key, Rows]
    since: int

    def younger(self, since: int) -> dict[Key, Rows]:
        """The values from an instant on; where all are older, the frame itself: what a former
        decoding of it gave goes."""
        near = {k: r[r["at"] >= since] for k, r in self.rows.items()}
        near = {k: r for k, r in near.items() if len(r)}
        if near or self.content["observed_at"] < since:
            return near
        row = next(iter(self.rows.values()))[:1].copy()
        row["at"], row["value"] = self.content["observed_at"], np.nan
        return {NO_VALUE: row}


@dataclass
class _Batch:
    """One micro-batch on one partition."""

    wire: Wire
    declarations: Declarations
    registry: Registry
    horizon: int
    partitions: int
    state: Partition
    clock: int
    since: int = NEVER
    earliest: int = NEVER
    pending: set[tuple[str, int]] = field(default_factory=set)
    conditions: Diagnosis = field(init=False)
    counts: Counter[tuple[str, str]] = field(default_factory=Counter)

    def run(self, records: Sequence[Record]) -> tuple[Effects, int]:
        effects, ticks = Effects(counts=self.counts), []
        frames: list[_Placed] = []
        for record in records:
            try:
                name, content = self.wire.decode(record.value)
                if name == "Tick":
                    ticks.append((record.partition, content["at"]))
                    self._pass(content["at"])
                elif name == "Frame":
                    rows = self._rows(content)
                    self._pass(content["arrival"])
                    if rows:
                        frames.append(_Placed(record, content, rows, self.clock - self.horizon))
                    effects.erased += not rows
                else:
                    raise Skip("unexpected_record", f"a {name} does not belong on readings")
            except Skip as why:
                effects.dead_letter(record, "observe", why)
        self._pass(self.clock)
        self._reach(effects)
        self.conditions = Diagnosis(
            *(self.wire, self.state.watched, self.registry, self.horizon),
            *(self.clock, self.since, self.earliest),
        )
        changed = self._take(frames, effects)
        judged_by = self.state.judged_by
        for device in self._due(changed):
            self._judge(device, changed.get(device, set()), effects)
        if records:
            self._watch(records[0].partition, judged_by, effects)
        effects.outputs += [self._pending(device, day) for device, day in sorted(self.pending)]
        self._clear(effects)
        if ticks:
            effects.outputs += self._tick(*max(ticks, key=lambda tick: tick[1]))
        return effects, self.clock

    def _pass(self, at: int) -> None:
        """The clock never goes back; what it was at first says how far back we may write."""
        self.clock, self.earliest = max(self.clock, at), min(self.earliest, at)
        self.since = min(self.since, self.clock - self.horizon)

    def _rows(self, frame: Frame) -> dict[Key, Rows]:
        try:
            return self._series(frame)
        except Skip:
            self.registry = self.declarations.fresh()
            return self._series(frame)

    def _series(self, frame: Frame) -> dict[Key, Rows]:
        """A frame's values by series, none where it is erased.

        Raises:
            Skip: nothing declared can judge one of them.
        """
        if gone := spans(self.registry, frame["device"]):
            rest = left(frame, gone)
            if rest is None:
                return {}
            frame = rest
        plan = self.state.plan(self.registry, frame["device"])
        for m in frame["measures"]:
            plan.series((m["property"], m["channel"]))
        head = heads([frame])
        return {
            key: samples(head, [0] * len(of), *zip(*sorted(of.items()), strict=True))
            for key, of in measured(frame).items()
        }

    def _reach(self, effects: Effects) -> None:
        """A reach that grows asks for samples that are gone: what they would change is pending."""
        if self.state.judged_by is self.registry:
            return
        for device in self.state.hours:
            before = self.state.reach.get(device, self.state.former)
            now = self._reaching(device, (), effects)
            if before is not None and before < now:
                days = range(self.since // DAY, (self.state.whole[device] + now) // DAY + 1)
                self.pending |= {(device, day) for day in days}

    def _reaching(self, device: str, more: Iterable[Key], effects: Effects) -> int:
        """How far before the horizon samples count for what the device measures, ``more`` series
        among it; as it was where the device is not declared any more."""
        held = {*self.state.device(device).series, *more}
        before = self.state.reach.get(device, self.state.former)
        known, whole = before or 0, self.state.whole
        with suppress(Skip):
            known = self.state.plan(self.registry, device).reach(held)
        if before is not None and before < known:
            whole[device] = max(whole.get(device, EVER), self.since - before)
        if known != self.state.reach.get(device):
            self.state.reach[device] = known
            said = [known, whole[device]] if device in whole else [known]
            effects.state[reach_key(device)] = " ".join(map(str, said)).encode()
        return known

    def _take(self, frames: Iterable[_Placed], effects: Effects) -> dict[str, set[int]]:
        """Every frame in its place; what is older than the horizon makes its day pending."""
        changed: dict[str, set[int]] = {}
        for frame in frames:
            device = frame.content["device"]
            context = self._context(device, frame, effects)
            for rows in frame.rows.values():
                late = rows["at"][rows["at"] < frame.since].tolist()
                self._late(device, late)
                self.counts["late", "observations"] += len(late)
            near = frame.younger(frame.since - context)
            if near and self.state.device(device).crowded(near):
                effects.dead_letter(frame.record, "observe", Skip("too_many_samples", _CROWDED))
                continue
            touched: set[int] = set()
            if near:
                name = frame.content["frame_id"].rstrip(b"\0")
                moved = self.state.device(device).take(name, near)
                self._late(device, [at for at in moved if at < frame.since])
                touched |= hours(moved)
            if frame.content["observed_at"] >= frame.since - context:
                touched |= self.state.device(device).meet(_frame(frame.content))
                self.conditions.met(frame.content, near)
            if touched:
                changed.setdefault(device, set()).update(touched)
        return changed

    def _context(self, device: str, frame: _Placed, effects: Effects) -> int:
        """As :meth:`_reaching`, asked again only where a series is new."""
        known = self.state.reach.get(device)
        if known is None or not frame.rows.keys() <= self.state.device(device).series.keys():
            return self._reaching(device, frame.rows, effects)
        return known

    def _late(self, device: str, instants: Iterable[int]) -> None:
        self.pending |= {(device, at // DAY) for at in instants}

    def _due(self, changed: Mapping[str, set[int]]) -> Iterator[str]:
        """Devices with changed samples; after a change of the inventory, all of them."""
        if self.state.judged_by is self.registry:
            yield from (device for device, touched in changed.items() if touched)
            return
        yield from sorted(self.state.hours.keys() | changed.keys())
        self.state.judged_by = self.registry

    def _judge(self, device: str, touched: set[int], effects: Effects) -> None:
        """Judge a device whose samples changed, or about which something else is declared.

        A series that nothing declared can judge any more stays as it was said last.
        """
        state = self.state.device(device)
        touched = touched | self._erase(device, effects)
        try:
            plan = self.state.plan(self.registry, device)
        except Skip:
            self._keep(device, touched, effects)
            return
        plans = usable(plan, (key for key in sorted(state.series) if key != NO_VALUE))
        judged_by, state.judged_by = state.judged_by, version(plans)
        redeclared = self.conditions.redeclared(device)
        if touched or judged_by != state.judged_by or redeclared:
            together = Together({key: state.series[key].rows for key in plans}, plans)
            judged = {key: together.judged(key) for key in plans}
            for key, series_plan in plans.items():
                effects.outputs += self._say(device, key, series_plan, judged[key], touched)
            self.conditions.look(device, state, judged)
        self._keep(device, touched, effects)

    def _keep(self, device: str, touched: set[int], effects: Effects) -> None:
        """Write the hours that changed; where an erasure has left none, the device is forgotten
        now: its name is not to stay until the next hour."""
        effects.state |= dict(self.state.chunks(device, touched))
        if not self.state.hours.get(device):
            self.state.drop(device)
            self.state.whole.pop(device, None)
            if self.state.reach.pop(device, None) is not None:
                effects.state[reach_key(device)] = None

    def _watch(self, partition: int, judged_by: Registry | None, effects: Effects) -> None:
        """The conditions that time alone changes, and all that there is to say of conditions."""
        for device in self.conditions.due(partition, self.partitions, judged_by):
            held = device in self.state.hours
            self.conditions.look(device, self.state.device(device) if held else DeviceState())
        effects.outputs += self.conditions.outputs
        effects.state |= self.conditions.state

    def _erase(self, device: str, effects: Effects) -> set[int]:
        """Take what is erased out of a device's state and withdraw what was said of it, however
        old; the hours that change."""
        touched: set[int] = set()
        if not (gone := spans(self.registry, device)):
            return touched
        state = self.state.device(device)
        for key, series in list(state.series.items()):
            state.series[key], goes = cut(series, gone)
            effects.outputs += withdrawn(self.wire, device, key, goes, self.clock)
            for table in goes.columns():
                touched |= hours(table["at"].tolist())
        state.series = {k: s for k, s in state.series.items() if len(s)}
        for since, until in gone:
            inside = (state.frames["at"] >= since) & (state.frames["at"] < until)
            touched |= hours(state.frames["at"][inside].tolist())
            state.frames = state.frames[~inside]
        return touched

    def _say(
        self, device: str, key: Key, plan: SeriesPlan, judged: Judged, touched: set[int]
    ) -> Iterator[Output]:
        series = self.state.device(device).series[key]
        said = emission(device, key, plan, series, judged, self.clock, self.since)
        self._late(device, said.left)
        touched |= hours(said.instants())
        for table, some in (("observations", (said.observations,)), ("windows", said.windows)):
            self.counts["revised", table] += sum(c.again for c in some)
            self.counts["withdrawn", table] += sum(len(c.gone) for c in some)
        yield from said.outputs(self.wire, self.clock)

    def _clear(self, effects: Effects) -> None:
        """Once an hour, drop what no sample that is still judged can depend on."""
        hour = self.clock - self.clock % HOUR
        if hour > self.state.cleared:
            self.state.cleared = hour
            kept, of = self.clock - self.horizon, self.state.reach
            effects.state |= dict(self.state.forget(lambda d: kept - of.get(d, 0)))
            for device in of.keys() - self.state.hours.keys():
                del of[device]
                self.state.whole.pop(device, None)
                effects.state[reach_key(device)] = None

    def _pending(self, device: str, day: int) -> Output:
        record = {"device": device, "day": day, "reason": "late", "at": self.clock}
        key = f"{device}/{day}".encode()
        return Output(PENDING, key, self.wire.encode("Pending", record), self.clock // 1000)

    def _tick(self, partition: int, at: int) -> Iterator[Output]:
        """Time goes on behind all that was sent before it; the last tick says what all say."""
        message = self.wire.encode("Tick", {"at": at})
        for topic in (OBSERVATIONS, WINDOWS):
            yield Output(topic, None, message, at // 1000, partition)
        yield Output(CONDITIONS, str(partition).encode(), message, at // 1000, 0)


def _frame(frame: Frame) -> Frames:
    """The frame itself, whatever it carries."""
    row = np.zeros(1, FRAME)
    row["at"], row["frame"] = frame["observed_at"], frame["frame_id"]
    row["version"], row["arrival"] = frame["decode_version"], frame["arrival"]
    row["counter"], row["session"] = whole(frame["counter"]), number(frame["session"])
    row["network"], gateways = short(frame["network"]), heard_by(frame)
    row["gateways"][0, : len(gateways)] = [short(name) for name in gateways]
    return row
