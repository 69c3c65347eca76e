"""The handler of readings: frames take their place in the state, and what changed goes out.

Pure: time is the highest arrival seen on the partition, ticks included.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from streams.applicable import Key
from streams.device_state import HOUR, ROWS_MAX, DeviceState, hours
from streams.diagnosis import Diagnosis
from streams.duration import DAY
from streams.emit import emission, withdrawn
from streams.erasures import cut, left, spans
from streams.errors import Skip
from streams.handler import Effects, Handler, Output, Record
from streams.inventory import NEVER
from streams.judge import Judged
from streams.measured import Frame
from streams.observed import Partition
from streams.panel import Member, Panel, panels, part
from streams.placed import Met, Placed, placed
from streams.registry import Declarations, Registry
from streams.topics import CONDITIONS, OBSERVATIONS, PENDING, READINGS, WINDOWS
from streams.wire import Wire

_CROWDED = f"more than {ROWS_MAX} values of one device in an hour: let it send fewer"


def observe(
    wire: Wire, declarations: Declarations, horizon: int, partitions: int = 1
) -> Handler[Partition]:
    """The handler; ``horizon`` in microseconds, ``partitions`` is how many share the devices."""

    def handle(state: Partition, clock: int, records: Sequence[Record]) -> tuple[Effects, int]:
        registry = declarations.current()
        return _Batch(wire, declarations, registry, horizon, partitions, state, clock).run(records)

    return Handler(
        *("observe", READINGS, Partition, Partition.restore, handle),
        *(Partition.sizes, Partition.absorb, True),
    )


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
        effects, ticks = Effects(counts=self.counts), list[tuple[int, int]]()
        frames = placed(list(self._met(records, ticks, effects)))
        self._pass(self.clock)
        self._reach(effects)
        self.conditions = Diagnosis(
            *(self.wire, self.state.watched, self.registry, self.horizon),
            *(self.clock, self.since, self.earliest),
        )
        changed = self._take(frames, effects)
        judged_by = self.state.judged_by
        self._judge({device: changed.get(device, set()) for device in self._due(changed)}, effects)
        if records:
            self._watch(records[0].partition, judged_by, effects)
        self.state.rest()
        effects.outputs += [self._pending(device, day) for device, day in sorted(self.pending)]
        self._clear(effects)
        if ticks:
            effects.outputs += self._tick(*max(ticks, key=lambda tick: tick[1]))
        return effects, self.clock

    def _met(
        self, records: Iterable[Record], ticks: list[tuple[int, int]], effects: Effects
    ) -> Iterator[Met]:
        """The frames that can be judged, as far as they are not erased."""
        for record in records:
            try:
                name, content = self.wire.decode(record.value)
                if name == "Tick":
                    ticks.append((record.partition, content["at"]))
                    self._pass(content["at"])
                elif name == "Frame":
                    rest = self._declared(content)
                    self._pass(content["arrival"])
                    if rest is not None:
                        yield Met(record, rest, self.clock - self.horizon)
                    effects.erased += rest is None
                else:
                    raise Skip("unexpected_record", f"a {name} does not belong on readings")
            except Skip as why:
                effects.dead_letter(record, "observe", why)

    def _pass(self, at: int) -> None:
        """The clock never goes back; what it was at first says how far back we may write."""
        self.clock, self.earliest = max(self.clock, at), min(self.earliest, at)
        self.since = min(self.since, self.clock - self.horizon)

    def _declared(self, frame: Frame) -> Frame | None:
        try:
            return self._judgeable(frame)
        except Skip:
            self.registry = self.declarations.fresh()
            return self._judgeable(frame)

    def _judgeable(self, frame: Frame) -> Frame | None:
        """What is left of a frame, None where all of it is erased.

        Raises:
            Skip: nothing declared can judge one of its values.
        """
        if gone := spans(self.registry, frame["device"]):
            rest = left(frame, gone)
            if rest is None:
                return None
            frame = rest
        plan = self.state.plan(self.registry, frame["device"])
        for m in frame["measures"]:
            plan.series((m["property"], m["channel"]))
        return frame

    def _reach(self, effects: Effects) -> None:
        """A reach that grows asks for samples that are gone: what they would change is pending."""
        if self.state.judged_by is self.registry:
            return
        reaches = self.state.reaches
        for device in self.state.hours:
            before = reaches.before(device)
            now = self.state.reaching(self.registry, device, (), self.since, effects.state)
            if before is not None and before < now:
                days = range(self.since // DAY, (reaches.whole[device] + now) // DAY + 1)
                self.pending |= {(device, day) for day in days}

    def _take(self, frames: Iterable[Placed], effects: Effects) -> dict[str, set[int]]:
        """Every frame in its place; what is older than the horizon makes its day pending, but a
        mere copy of what is kept."""
        changed: dict[str, set[int]] = {}
        for frame in frames:
            device, since = frame.device, frame.met.since
            late = frame.older(since)
            self.counts["late", "observations"] += len(late)
            begin = since - self._context(device, frame, effects)
            near, state = frame.younger(begin), self.state.device(device)
            if near and state.crowded(near):
                self._late(device, late)
                effects.dead_letter(frame.met.record, "observe", Skip("too_many_samples", _CROWDED))
                continue
            moved = state.take(frame.name, near) if near else set()
            if moved or not near:
                self._late(device, [*late, *(at for at in moved if at < since)])
            touched = hours(moved)
            if frame.met.content["observed_at"] >= begin:
                touched |= state.meet(frame.frame)
                self.conditions.met(frame.met.content, near)
            if touched:
                changed.setdefault(device, set()).update(touched)
        return changed

    def _context(self, device: str, frame: Placed, effects: Effects) -> int:
        """How far before the horizon a frame counts; asked again only where a series is new."""
        known = self.state.reaches.of.get(device)
        if known is None or not frame.rows.keys() <= self.state.look(device).series.keys():
            own = self.registry, device, frame.rows
            return self.state.reaching(*own, self.since, effects.state)
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

    def _judge(self, touched: dict[str, set[int]], effects: Effects) -> None:
        """Judge the devices whose samples changed, or about which something else is declared, and
        write their hours."""
        for members in self._members(touched, effects):
            for panel in panels(members):
                self._say(panel, touched, effects)
            for member in members:
                self.state.keep(member.device, touched[member.device], effects.state)

    def _members(self, touched: dict[str, set[int]], effects: Effects) -> Iterator[list[Member]]:
        """Those that are to be judged again. Of a city of which something else is declared, or
        that was just read back, only as many at a time as may be unpacked."""
        members, unpacked = list[Member](), 0
        for device, hour in touched.items():
            rests = device not in self.state.open
            member = self._member(device, hour, effects)
            if member is None:
                self.state.keep(device, hour, effects.state)
                continue
            members.append(member)
            unpacked += self.state.device(device).nbytes if rests else 0
            if unpacked > self.state.unpacked_max:
                yield members
                members, unpacked = [], 0
        yield members

    def _member(self, device: str, touched: set[int], effects: Effects) -> Member | None:
        """A device that is to be judged again.

        A series that nothing declared can judge any more stays as it was said last.
        """
        touched |= self._erase(device, effects)
        try:
            standing = self.state.standing(self.registry, device, touched=bool(touched))
        except Skip:
            return None
        redeclared = self.conditions.redeclared(device)
        if not (touched or redeclared) and self.state.version(device) == standing.version:
            return None
        state = self.state.device(device)
        standing = self.state.standing(self.registry, device)  # a series may have gone since
        state.judged_by = standing.version
        return Member(device, state.series, standing.set)

    def _say(self, panel: Panel, touched: Mapping[str, set[int]], effects: Effects) -> None:
        judged = panel.judged()
        for key, of in judged.items():
            said = emission(panel, key, of, self.clock, self.since)
            effects.outputs += said.outputs(self.wire, self.clock)
            for device, at in said.left():
                self._late(device, [at])
            for device, hour in said.hours():
                touched[device].add(hour)
            self.counts.update(said.counts())
        self._look(panel, judged)

    def _look(self, panel: Panel, judged: Mapping[Key, Judged]) -> None:
        """The conditions of each member."""
        parts = {key: panel.stretches(of.time) for key, of in judged.items()}
        for i, device in enumerate(panel.devices):
            own = {key: part(of, parts[key][i]) for key, of in judged.items()}
            self.conditions.look(device, self.state.device(device), own)

    def _watch(self, partition: int, judged_by: Registry | None, effects: Effects) -> None:
        """The conditions that time alone changes, and all that there is to say of conditions."""
        for device in self.conditions.due(partition, self.partitions, judged_by):
            held = device in self.state.hours
            self.conditions.look(device, self.state.look(device) if held else DeviceState())
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

    def _clear(self, effects: Effects) -> None:
        """Once an hour, drop what no sample that is still judged can depend on."""
        hour = self.clock - self.clock % HOUR
        if hour > self.state.cleared:
            self.state.cleared = hour
            effects.state |= dict(self.state.clear(self.clock - self.horizon))

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
