"""The handler of conditions: the one judge of alerts.

Pure: its clock is the smallest of the last ticks of all partitions, so that a partition that is
slow holds the judgement up and all that any of them had to say by then has been said.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from streams.alerts import SILENT, Alert, Condition, Fleet, Folded, Key, standing, sweep, transition
from streams.alerts.alert import DEVICE, TRANSITION, alert
from streams.alerts.condition import condition, unpacked
from streams.alerts.kept import pack, unpack
from streams.alerts.standing import Over
from streams.chunks import is_chunk
from streams.erasures import erased
from streams.errors import Skip
from streams.handler import Effects, Handler, Output, Record
from streams.registry import Declarations, Registry
from streams.topics import ALERTS, CONDITIONS
from streams.wire import Wire

HOUR = 3_600_000_000
KEEP = 14 * 24 * HOUR
"""How long what is closed can still be said otherwise; the longest horizon is ten days."""

TICKS = b"watch/ticks"
"""The key of the state under which the last tick of each partition is, as JSON."""

_SETTLED = b"watch/settled"
_CONDITION, _ALERT = b"watch/condition/", b"watch/alert/"


@dataclass
class Watched:
    """What the watch knows: conditions, what it said, the last tick of each partition.

    ``settled`` is the fold at the end of what is kept, ``folded`` the latest one, ``over`` the
    alerts that stay as they are; all are functions of the conditions.
    """

    conditions: dict[Key, Condition] = field(default_factory=dict)
    said: dict[str, Alert] = field(default_factory=dict)
    ticks: dict[int, int] = field(default_factory=dict)
    settled: Folded = field(default_factory=Folded)
    folded: Folded | None = None
    over: Over = field(default_factory=dict)
    judged_by: Registry | None = None

    def restore(self, key: bytes, value: bytes) -> None:
        """Take what is the watch's; other handlers keep theirs on the same partition."""
        if key.startswith(_CONDITION):
            known = unpacked(value)
            self.conditions[known.key] = known
        elif key.startswith(_ALERT):
            self.said[key.removeprefix(_ALERT).decode()] = alert(json.loads(value))
        elif key == TICKS:
            self.ticks = {int(p): at for p, at in json.loads(value).items()}
        elif key == _SETTLED:
            self.settled = unpack(value)

    def take(self, one: Condition, *, withdrawn: bool) -> None:
        """Know a condition as it was said last."""
        before = self.conditions.pop(one.key, None)
        if not withdrawn:
            self.conditions[one.key] = one
        if one.kind == SILENT and not self._goes_on(before, one, withdrawn):
            self.folded = None

    def _goes_on(self, before: Condition | None, one: Condition, withdrawn: bool) -> bool:
        """Whether the latest fold stays true: it only opens, or only ends, after it."""
        if self.folded is None or withdrawn:
            return False
        until = self.folded.until
        same = (
            before is not None
            and replace(before, closed_at=one.closed_at, level=one.level, reason=one.reason) == one
        )
        ends_later = one.closed_at is None or one.closed_at > until
        if before is None:
            return one.opened_at > until
        return same and ends_later and (before.closed_at is None or before.closed_at > until)


def watch(wire: Wire, declarations: Declarations, partitions: int) -> Handler[Watched]:
    """The handler; ``partitions`` is how many send ticks."""

    def handle(state: Watched, clock: int, records: Sequence[Record]) -> tuple[Effects, int]:
        return _Batch(wire, Fleet(declarations.current()), partitions, state).run(clock, records)

    def beside(_state: Watched, key: bytes, _value: bytes | None) -> bool:
        return is_chunk(key)

    return Handler("watch", CONDITIONS, Watched, Watched.restore, handle, absorb=beside)


@dataclass
class _Batch:
    """One micro-batch."""

    wire: Wire
    fleet: Fleet
    partitions: int
    state: Watched

    def run(self, before: int, records: Sequence[Record]) -> tuple[Effects, int]:
        effects = Effects()
        for record in records:
            try:
                self._take(record, effects)
            except Skip as why:
                effects.dead_letter(record, "watch", why)
        ticks = self.state.ticks
        whole = len(ticks) >= self.partitions
        clock = max(before, min(ticks.values())) if whole else before
        if clock > before:
            self._judge(clock, effects)
            if clock - clock % HOUR > before:
                self._settle(clock, clock - clock % HOUR - KEEP, effects)
        return effects, clock

    def _take(self, record: Record, effects: Effects) -> None:
        name, content = self.wire.decode(record.value)
        if name == "Tick":
            partition = _partition(record.key, self.partitions)
            self.state.ticks[partition] = max(self.state.ticks.get(partition, 0), content["at"])
            effects.state[TICKS] = json.dumps(self.state.ticks).encode()
        elif name == "Condition":
            one = condition(content)
            self.state.take(one, withdrawn=content["withdrawn"])
            effects.state[_key(one.key)] = None if content["withdrawn"] else one.packed()
        else:
            raise Skip("unexpected_record", f"a {name} does not belong on conditions")

    def _judge(self, clock: int, effects: Effects) -> None:
        """Say what differs from what was said."""
        if self.state.judged_by is not self.fleet.registry:
            self.state.folded, self.state.judged_by = None, self.fleet.registry
            self.state.over.clear()
            self._erase(clock, effects)
        known = self.state.conditions
        silences = {k: c for k, c in known.items() if c.kind == SILENT}
        start = self.state.folded or self.state.settled
        self.state.folded = sweep(start, silences, self.fleet, clock)
        now = standing(known, self.state.folded, self.fleet, clock, self.state.over)
        gone = {
            i: replace(a, withdrawn=True, closed_at=clock, updated_at=clock, reason="")
            for i, a in self.state.said.items()
            if i not in now and not a.withdrawn
        }
        said = self.state.said
        news = [(name, one) for name, one in (now | gone).items() if said.get(name) is not one]
        for name, one in sorted(news):
            before = said.get(name)
            if (what := transition(before, one, self.fleet.whose)) is not None:
                if before is not None and one.updated_at <= before.updated_at:
                    one = replace(one, updated_at=clock)
                self._say(name, one, what, clock, effects)

    def _say(self, name: str, one: Alert, what: str, clock: int, effects: Effects) -> None:
        self.state.said[name] = one
        record = one.record()
        effects.state[_ALERT + name.encode()] = json.dumps(record).encode()
        message = self.wire.encode("Alert", record)
        headers = [(TRANSITION, what.encode())]
        effects.outputs.append(
            Output(ALERTS, name.encode(), message, clock // 1000, headers=headers)
        )

    def _erase(self, clock: int, effects: Effects) -> None:
        """Forget what was wrong with a device at a time that is erased; nobody is told of it."""
        registry = self.fleet.registry
        for key, one in list(self.state.conditions.items()):
            if erased(registry, one.device, one.opened_at):
                del self.state.conditions[key]
                effects.state[_key(key)] = None
        for name, said in list(self.state.said.items()):
            if said.subject_kind == DEVICE and erased(registry, said.subject, said.opened_at):
                self._forget(name, clock, effects)

    def _forget(self, name: str, clock: int, effects: Effects) -> None:
        """An alert leaves the state and its compacted topic; the store keeps what was said."""
        del self.state.said[name]
        effects.state[_ALERT + name.encode()] = None
        effects.outputs.append(Output(ALERTS, name.encode(), None, clock // 1000))

    def _settle(self, clock: int, until: int, effects: Effects) -> None:
        """Forget what is closed for good; what is open stays decided as it is."""
        state = self.state
        silences = {k: c for k, c in state.conditions.items() if c.kind == SILENT}
        state.settled = sweep(state.settled, silences, self.fleet, until)
        for folded in (state.settled, state.folded):
            if folded is not None:
                folded.episodes = [e for e in folded.episodes if not _over(e.closed_at, until)]
        effects.state[_SETTLED] = pack(state.settled)
        for key in [k for k, c in state.conditions.items() if _over(c.closed_at, until)]:
            del state.conditions[key]
            state.over.pop(key, None)
            effects.state[_key(key)] = None
        for name in [i for i, a in state.said.items() if _over(a.closed_at, until)]:
            self._forget(name, clock, effects)


def _over(closed_at: int | None, until: int) -> bool:
    return closed_at is not None and closed_at <= until


def _partition(key: bytes | None, partitions: int) -> int:
    """The partition that a tick is of.

    Raises:
        Skip: its key is no partition's number.
    """
    text = (key or b"").decode("utf-8", "replace")
    if not (text.isascii() and text.isdigit() and int(text) < partitions):
        raise Skip("key", f"a tick's key is a partition below {partitions}, not {text!r}")
    return int(text)


def _key(key: Key) -> bytes:
    return _CONDITION + json.dumps(key).encode()
