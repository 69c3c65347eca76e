"""What a worker keeps of a partition: its devices, most of them at rest.

What rests is what was written last, always. A device that is asked for is unpacked beside it; once
its hours are written, going back to rest is to let go of what was unpacked.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import takewhile

from streams.chunks import chunk_key, device_hour, is_chunk, pack
from streams.device_state import HOUR, DeviceState
from streams.resting import Resting
from streams.runs import Runs

UNPACKED_MAX = 32 << 20
"""Bytes of the devices of a partition that are unpacked, those in hand aside."""

RECENT_MAX = 4
"""Hours beside the block of a device: making a block takes as long as reading five hours."""

READ_MAX = 11
"""The same while the state is read back, where the block before has to be read for each: four times
in 48 hours."""


@dataclass
class PartitionState:
    """The devices of a partition. ``hours`` are those of which something is written, in hours
    since 1970; ``open`` are the devices in hand, which may differ from what is written, ``idle``
    those that do not, the one that was used last at the end.
    """

    hours: dict[str, Runs] = field(default_factory=dict)
    packed: dict[str, Resting] = field(default_factory=dict)
    open: dict[str, DeviceState] = field(default_factory=dict)
    idle: OrderedDict[str, DeviceState] = field(default_factory=OrderedDict)
    unpacked_max: int = UNPACKED_MAX
    recent_max: int = RECENT_MAX
    read_max: int = READ_MAX
    _unpacked: dict[str, tuple[int, int]] = field(default_factory=dict)
    _chunks: int = 0
    _rows: int = 0
    _bytes: int = 0
    _packed: int = 0

    def sizes(self) -> dict[str, int]:
        """Devices, chunks, rows of the devices that are unpacked, and bytes of all samples."""
        return {
            "devices": len(self.hours),
            "chunks": self._chunks,
            "rows": self._rows,
            "bytes": self._packed + self._bytes,
        }

    def restore(self, key: bytes, value: bytes) -> None:
        """Take a chunk as it was read back; the positions that lie beside are not ours."""
        self.absorb(key, value)

    def absorb(self, key: bytes, value: bytes | None) -> bool:
        """Take a chunk as it was written, None where it was removed; of several of one key the
        last counts. Whether the key is a chunk's."""
        if not is_chunk(key):
            return False
        device, hour = device_hour(key)
        if self._written(device, hour, value):
            resting = self.packed[device]
            if not self.hours[device]:
                self.drop(device)
            elif len(resting.recent) > self.read_max:
                self._fold(resting, None)
        return True

    def _written(self, device: str, hour: int, value: bytes | None) -> bool:
        """Note what was written of an hour; whether there was or is anything."""
        known, number = self.hours.get(device), hour // HOUR
        if known is None:
            if value is None:
                return False
            known, self.packed[device] = self.hours.setdefault(device, Runs()), Resting()
        held = number in known
        if value is None and not held:
            return False
        if held == (value is None):
            known.toggle(number)
            self._chunks += -1 if held else 1
        self._packed += self.packed[device].put(hour, value)
        return True

    def _fold(self, resting: Resting, state: DeviceState | None) -> None:
        self._packed -= resting.size
        resting.fold(state)
        self._packed += resting.size

    def device(self, device: str) -> DeviceState:
        """A device's state, to be changed: it is in hand until its hours are written."""
        state = self.open.get(device)
        if state is None:
            state = self.open[device] = self.look(device)
            if self.idle.pop(device, None) is None:
                self._weigh(device, state)
        return state

    def look(self, device: str) -> DeviceState:
        """A device's state, to be looked at."""
        state = self.at_hand(device)
        return self._awake(device) if state is None else state

    def at_hand(self, device: str) -> DeviceState | None:
        """A device's state where it is unpacked."""
        return self.open.get(device, self.idle.get(device))

    def _awake(self, device: str) -> DeviceState:
        resting = self.packed.get(device)
        return DeviceState() if resting is None else resting.awake()

    def chunks(self, device: str, changed: set[int]) -> list[tuple[bytes, bytes | None]]:
        """The keys and values of the chunks of these hours, None where nothing is left: with them
        the device as it is now is written, and no longer in hand."""
        state = self.device(device)
        found = [(hour, pack(state, hour)) for hour in sorted(changed)]
        told = [(hour, value) for hour, value in found if self._written(device, hour, value)]
        resting = self.packed.get(device)
        if resting is not None and len(resting.recent) > self.recent_max:
            self._fold(resting, state)
        self._rest(device)
        return [(chunk_key(device, hour), value) for hour, value in told]

    def rest(self) -> None:
        """Nothing is in hand any more: all that changed is written."""
        for device in list(self.open):
            self._rest(device)

    def _rest(self, device: str) -> None:
        state = self.open.pop(device)
        if device in self.packed:
            self.idle[device] = state
            self._weigh(device, state)
        else:
            self._weigh(device, None)
        while self._bytes > self.unpacked_max and self.idle:
            device, state = self.idle.popitem(last=False)
            self.packed[device].judged_by = state.judged_by
            self._weigh(device, None)

    def _weigh(self, device: str, state: DeviceState | None) -> None:
        rows, size = self._unpacked.pop(device, (0, 0))
        self._rows, self._bytes = self._rows - rows, self._bytes - size
        if state is not None:
            self._unpacked[device] = rows, size = len(state), state.nbytes
            self._rows, self._bytes = self._rows + rows, self._bytes + size

    def forget(self, before: Callable[[str], int]) -> Iterator[tuple[bytes, bytes | None]]:
        """Drop every chunk of a device whose hour ends by ``before(device)``; their keys, for the
        tombstones."""
        for device, known in list(self.hours.items()):
            until = before(device) // HOUR
            gone = list(takewhile(until.__gt__, known))
            if gone:
                self._forget(device, gone)
                yield from ((chunk_key(device, hour * HOUR), None) for hour in gone)

    def _forget(self, device: str, gone: list[int]) -> None:
        known, resting = self.hours[device], self.packed[device]
        for hour in gone:
            known.toggle(hour)
        self._chunks -= len(gone)
        if not known:
            self.drop(device)
            return
        before = (gone[-1] + 1) * HOUR
        self._packed -= resting.size
        resting.forget(before)
        self._packed += resting.size
        state = self.at_hand(device)
        if state is not None:
            state.forget(before)
            self._weigh(device, state)

    def drop(self, device: str) -> None:
        """Forget a device of which no chunk is left."""
        resting = self.packed.pop(device, None)
        self._packed -= 0 if resting is None else resting.size
        self._weigh(device, None)
        for table in (self.hours, self.open, self.idle):
            table.pop(device, None)
