"""What a worker remembers of its devices beyond their samples: the conditions that it has said.

One value a device, JSON with a version; it is written when it says something else than before.
"""

import heapq
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from streams.condition_plan import ConditionPlan
from streams.conditions import Condition, Key, Name
from streams.errors import Stop
from streams.inventory import EVER
from streams.reach import reach_key
from streams.registry import Registry

MEMORY = b"memory/"
BEGAN = b"began"
FORMAT = 1


@dataclass
class Memory:
    """Of one device, instants in UTC microseconds.

    ``heard`` is the last arrival of a frame, ``network`` the one that it came through,
    ``names`` those of networks and gateways by their numbers in frames, ``first`` by series the
    instant of the first value that was ever seen, ``said`` the conditions that are open or younger
    than what is looked at. ``written`` is ``heard`` as it was written last, None where nothing was.
    """

    heard: int = 0
    network: str = ""
    names: dict[int, str] = field(default_factory=dict)
    first: dict[Key, int] = field(default_factory=dict)
    said: dict[Name, Condition] = field(default_factory=dict)
    written: int | None = None
    changed: bool = False

    def pack(self) -> bytes:
        """As it is written."""
        self.written, self.changed = self.heard, False
        said = [
            [c.kind, c.series, c.opened_at, c.closed_at, c.course, c.cause, c.gateways, c.network]
            for _, c in sorted(self.said.items())
        ]
        content = {
            "version": FORMAT,
            "heard": self.heard,
            "network": self.network,
            "names": sorted(self.names.items()),
            "first": sorted((*key, at) for key, at in self.first.items()),
            "said": said,
        }
        return json.dumps(content, separators=(",", ":"), ensure_ascii=False).encode()

    def about(self, kind: str, key: Key) -> list[Condition]:
        """The conditions of a kind and a series that were said."""
        return [c for c in self.said.values() if c.kind == kind and c.series == key]


def unpack(value: bytes) -> Memory:
    """A memory as it was written.

    Raises:
        Stop: it was written by a later version of vigie.
    """
    read = json.loads(value)
    if read["version"] != FORMAT:
        raise Stop(
            f"memory of format {read['version']}: this vigie reads {FORMAT}; "
            "start the later version"
        )
    said = [_condition(*fields) for fields in read["said"]]
    return Memory(
        read["heard"],
        read["network"],
        dict(read["names"]),
        {(name, channel): at for name, channel, at in read["first"]},
        {condition.name: condition for condition in said},
        written=read["heard"],
    )


def memory_within(
    key: bytes, value: bytes | None, device: str, spans: Sequence[tuple[int, int]]
) -> bool:
    """Whether a record of the state topic remembers what a device did within one of the spans."""
    if value is None or key != memory_key(device):
        return False
    memory = unpack(value)
    instants = (memory.heard, *memory.first.values(), *(c.opened_at for c in memory.said.values()))
    return any(since <= at < until for at in instants if at for since, until in spans)


def forgotten(
    key: bytes, value: bytes | None, device: str, spans: Sequence[tuple[int, int]]
) -> bool:
    """Whether a record of the state topic removes what was kept of a device as a whole, whose
    past is erased from its beginning: it says nothing but the device's name."""
    wholly = any(since <= EVER for since, _ in spans)
    return wholly and value is None and key in (memory_key(device), reach_key(device))


def _condition(
    kind: str,
    series: Any,
    opened: int,
    closed: int | None,
    course: Any,
    cause: int,
    gateways: Any,
    network: str,
) -> Condition:
    turns = tuple((at, level, reason) for at, level, reason in course)
    return Condition(kind, tuple(series), opened, closed, turns, cause, tuple(gateways), network)


@dataclass
class Deadlines:
    """When time alone changes something for a device: the next instant of each.

    Each frame puts it off, so it is queued once and queued anew when the former one has come.
    """

    _at: dict[str, int] = field(default_factory=dict)
    _queued: dict[str, int] = field(default_factory=dict)
    _heap: list[tuple[int, str]] = field(default_factory=list)

    def put(self, device: str, at: int | None) -> None:
        """The next instant of a device; None: there is none."""
        if at is None:
            self._at.pop(device, None)
            return
        self._at[device] = at
        if at < self._queued.get(device, at + 1):
            self._queue(device, at)

    def _queue(self, device: str, at: int) -> None:
        self._queued[device] = at
        heapq.heappush(self._heap, (at, device))

    def due(self, clock: int) -> Iterator[str]:
        """The devices whose instant has come, each once."""
        while self._heap and self._heap[0][0] <= clock:
            at, device = heapq.heappop(self._heap)
            if self._queued.get(device) != at:
                continue
            del self._queued[device]
            wanted = self._at.get(device)
            if wanted == at:
                del self._at[device]
                yield device
            elif wanted is not None:
                self._queue(device, wanted)


@dataclass
class Watched:
    """The memories of a partition's devices, and when to look at which; ``began`` is the first
    instant that anything was read at, UTC microseconds."""

    memories: dict[str, Memory] = field(default_factory=dict)
    deadlines: Deadlines = field(default_factory=Deadlines)
    began: int | None = None
    plans: dict[str, tuple[Registry, ConditionPlan | None]] = field(default_factory=dict)

    def restore(self, key: bytes, value: bytes) -> bool:
        """Take what was written, if it is ours."""
        if key == BEGAN:
            self.began = int(value)
        elif key.startswith(MEMORY):
            self.memories[key.removeprefix(MEMORY).decode()] = unpack(value)
        else:
            return False
        return True

    def memory(self, device: str) -> Memory:
        """A device's memory, empty where there is none."""
        return self.memories.setdefault(device, Memory())


def memory_key(device: str) -> bytes:
    """Where a device's memory lies in the state."""
    return MEMORY + device.encode()
