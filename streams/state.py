"""What a worker keeps of a partition: the samples of its devices, in chunks of an hour."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from streams.chunks import chunk_key, device_hour, is_chunk, pack, unpack
from streams.device_state import HOUR, DeviceState


@dataclass
class PartitionState:
    """The devices of a partition; those not met since the start stay packed."""

    packed: dict[str, dict[int, bytes]] = field(default_factory=dict)
    open: dict[str, DeviceState] = field(default_factory=dict)
    hours: dict[str, set[int]] = field(default_factory=dict)

    def sizes(self) -> dict[str, int]:
        """Devices, chunks, rows of the devices that are unpacked, and bytes of all samples."""
        opened, packed = list(self.open.values()), list(self.packed.values())
        tables = [t for d in opened for s in list(d.series.values()) for t in s.columns()]
        tables += [d.frames for d in opened]
        chunks = sum(len(value) for some in packed for value in list(some.values()))
        return {
            "devices": len(self.hours),
            "chunks": sum(map(len, list(self.hours.values()))),
            "rows": sum(map(len, tables)),
            "bytes": chunks + sum(table.nbytes for table in tables),
        }

    def restore(self, key: bytes, value: bytes) -> None:
        """Take a chunk as it was read back; the positions that lie beside are not ours."""
        if not is_chunk(key):
            return
        device, hour = device_hour(key)
        self.packed.setdefault(device, {})[hour] = value
        self.hours.setdefault(device, set()).add(hour)

    def device(self, device: str) -> DeviceState:
        """A device's state, unpacked."""
        if device not in self.open:
            chunks = self.packed.pop(device, {})
            self.open[device] = unpack([chunks[hour] for hour in sorted(chunks)])
        return self.open[device]

    def chunks(self, device: str, changed: set[int]) -> Iterator[tuple[bytes, bytes | None]]:
        """The keys and values of the chunks of these hours, None where nothing is left."""
        for hour in sorted(changed):
            value = pack(self.open[device], hour)
            known = self.hours.setdefault(device, set())
            if value is not None:
                known.add(hour)
                yield chunk_key(device, hour), value
            elif hour in known:
                known.discard(hour)
                yield chunk_key(device, hour), None

    def forget(self, before: Callable[[str], int]) -> Iterator[tuple[bytes, bytes | None]]:
        """Drop every chunk of a device whose hour ends by ``before(device)``; their keys, for the
        tombstones."""
        for device, known in list(self.hours.items()):
            end = before(device)
            gone = {hour for hour in known if hour + HOUR <= end}
            for hour in sorted(gone):
                self.packed.get(device, {}).pop(hour, None)
                yield chunk_key(device, hour), None
            known -= gone
            if gone and device in self.open:
                self.open[device].forget(max(gone) + HOUR)
            if not known:
                self.drop(device)

    def drop(self, device: str) -> None:
        """Forget a device of which no chunk is left."""
        for table in (self.hours, self.packed, self.open):
            table.pop(device, None)
