"""A device as it lies in memory while nobody asks for it.

What was written last of an hour is kept as it was written until a few hours have come together;
these become one block, which takes half of the room and a fraction of the time to read. The newest
hour stays out of it: the next reading writes it again.
"""

from dataclasses import dataclass, field

from streams.blocks import block, device_of
from streams.chunks import unpack
from streams.device_state import DeviceState, replaced, together
from streams.inventory import EVER

_NOTHING = b""


@dataclass(slots=True)
class Resting:
    """``old`` holds the hours before ``until`` as they were then, ``recent`` the chunks that were
    written since, empty where nothing is left of an hour; of ``old`` what lies before ``since`` is
    gone. ``judged_by`` is the version of the plan that judged the device last.
    """

    old: bytes = b""
    recent: dict[int, bytes] = field(default_factory=dict)
    since: int = EVER
    until: int = EVER
    judged_by: int | None = None

    @property
    def size(self) -> int:
        """Bytes."""
        return len(self.old) + sum(map(len, self.recent.values()))

    def put(self, hour: int, chunk: bytes | None) -> int:
        """Take what was written of an hour, None where nothing is left; by how much it grows."""
        former = len(self.recent.pop(hour, _NOTHING))
        if chunk is not None or hour < self.until:
            self.recent[hour] = chunk or _NOTHING
        return len(chunk or _NOTHING) - former

    def forget(self, before: int) -> None:
        """Let go what lies before an hour."""
        self.since = max(self.since, before)
        self.recent = {hour: chunk for hour, chunk in self.recent.items() if hour >= before}

    def awake(self) -> DeviceState:
        """The device."""
        state = self._device(sorted(self.recent))
        state.judged_by = self.judged_by
        return state

    def _device(self, hours: list[int]) -> DeviceState:
        """The device with these of the recent hours, which are in order."""
        written = self._written(hours)
        if not self.old:
            return written
        state = device_of(self.old)
        if self.since > EVER:
            state.forget(self.since)
        late = [hour for hour in hours if hour < self.until]
        return replaced(state, late, written) if late else together([state, written])

    def fold(self, state: DeviceState | None = None) -> None:
        """Make one block of all but the newest hour; ``state`` is the device, where it is awake."""
        *hours, newest = sorted(self.recent)
        until = max(newest, self.until)
        if newest < until:
            hours.append(newest)
        if state is None and self.since == EVER and (not hours or hours[0] >= self.until):
            self.old = block(self._written(hours), self.old)
        else:
            past = self._device(hours) if state is None else state.within(EVER, until)
            self.old = block(past) if len(past) else b""
        self.recent = {newest: self.recent[newest]} if newest == until else {}
        self.since, self.until = EVER, until

    def _written(self, hours: list[int]) -> DeviceState:
        return unpack([self.recent[hour] for hour in hours if self.recent[hour]])
