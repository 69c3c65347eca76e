"""From what a codec says to observed properties: nothing is dropped in silence.

Zero and false are values, null is a missing one, a path that is not there says nothing.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any, NamedTuple

from streams import paths
from streams.codecs.payload import fingerprint
from streams.device_time import instant, sane
from streams.errors import Skip
from streams.inventory import EVER, NEVER, Codec, Path, Property
from streams.inventory.codecs import NETWORK
from streams.registry import Registry
from streams.values import bounded, reader

MEASURES_MAX = 1000
"""Of one frame."""

Measure = dict[str, Any]

_RESERVED = f"the channel {NETWORK!r} is for what the network server measures"


class Times(NamedTuple):
    """When a frame was received and when it arrived, UTC microseconds: what bounds the times that
    the device gives to its values."""

    observed_at: int
    arrival: int


class Mapped(NamedTuple):
    """``measures`` as in ``frame.avsc``; ``refused`` says which items were left out, and why.

    ``device_time`` is the latest time that the device told, however wrong, UTC microseconds.
    """

    measures: list[Measure]
    refused: Skip | None = None
    device_time: int | None = None


@dataclass
class _Notes:
    """What is told on the way: items left out, and the latest time of the device's own clock."""

    refused: list[str] = field(default_factory=list)
    clock: int | None = None

    def told(self, at: int | None) -> None:
        """A time that the device gives; one that no record can hold is none."""
        if at is not None and EVER < at < NEVER:
            self.clock = at if self.clock is None else max(self.clock, at)


@dataclass(frozen=True)
class Mapper:
    """A codec's mapping, ready to apply; ``hash`` identifies codec and mapping."""

    codec: Codec
    hash: int
    _entries: Sequence["_Entry"]

    def __call__(self, data: Mapping[str, Any], times: Times) -> Mapped:
        """The measures of what a codec has said.

        Raises:
            Skip: a value is of another type, in another unit or out of bounds, one sample has
                two values, or nothing of what was said is mapped.
        """
        samples: dict[tuple[str, str, int | None], Measure] = {}
        notes, found = _Notes(), False
        for entry in self._entries:
            said = entry.find(data)
            if said is paths.MISSING:
                continue
            for measure in entry.measures(said, data, times, notes):
                self._put(samples, measure)
            found = found or not said or bool(samples or notes.refused)
        if data and self._entries and not found:
            raise Skip("nothing_mapped", f"codec {self.codec.id}: none of {_named(data)} is mapped")
        return Mapped(list(samples.values()), _refusal(self.codec, notes.refused), notes.clock)

    def _put(self, samples: dict[Any, Measure], measure: Measure) -> None:
        sample = (measure["property"], measure["channel"], measure["observed_at"])
        name, channel, _ = sample
        if channel == NETWORK:
            raise Skip("channel", f"codec {self.codec.id}: {_RESERVED}")
        if samples.setdefault(sample, measure) != measure:
            raise Skip(
                "two_values",
                f"codec {self.codec.id}: {name} {channel} has two values at one time: give them "
                "channels or times of their own",
            )
        if len(samples) > MEASURES_MAX:
            raise Skip("too_many_values", f"codec {self.codec.id}: more than {MEASURES_MAX}")


def mapper(codec: Codec, registry: Registry) -> Mapper:
    """A codec's mapping under what is declared.

    Raises:
        Skip: ``unknown_property``, ``unknown_codec``, ``unit``, ``mapping``.
    """
    return Mapper(
        codec, codec_hash(codec), [_entry(codec, path, registry) for path in codec.mapping]
    )


def check_mapping(codec: Codec, registry: Registry) -> None:
    """Whether a codec can be used as it is declared.

    Raises:
        Skip: as :func:`mapper`.
    """
    mapper(codec, registry)


def codec_hash(codec: Codec) -> int:
    """63 bits that identify a codec's text and mapping: on every value that it decoded.

    Raises:
        Skip: ``unknown_codec``: there is no Python codec of that name.
    """
    text = fingerprint(codec.python) if codec.python else codec.script
    mapping = [m.model_dump(exclude_defaults=True) for m in codec.mapping]
    content = json.dumps([text, codec.decoded, codec.ports, mapping])
    return int.from_bytes(blake2b(content.encode(), digest_size=8).digest(), "big") >> 1


def from_network(said: Mapping[str, float], registry: Registry) -> list[Measure]:
    """What the network server itself measured of a device, where it is in the vocabulary.

    Raises:
        Skip: ``value_bounds``.
    """
    known = [(registry.get("property", name), value) for name, value in said.items()]
    return [
        _measure(p, NETWORK, None, bounded(float(v), f"{NETWORK}, {p.id}")) for p, v in known if p
    ]


@dataclass(frozen=True)
class _Entry:
    """One line of a mapping, its paths split and its units resolved."""

    path: Path
    property: Property
    where: str
    read: Callable[[Any], float | None]
    first: paths.Steps
    within: paths.Steps
    time: paths.Steps
    channel: Callable[[Any], str]

    def find(self, data: Any) -> Any:
        """The value or the list of items; MISSING where there is none."""
        return paths.find(data, self.first)

    def measures(self, said: Any, data: Any, times: Times, notes: _Notes) -> Iterator[Measure]:
        """The measures of what was found; items without a sane time are noted as refused."""
        if self.path.each is None:
            at = self._time(data, times, notes) if self.time else None
            yield _measure(self.property, self.channel(data), at, self.read(said))
        else:
            yield from self._items([] if said is None else said, times, notes)

    def _items(self, items: Any, times: Times, notes: _Notes) -> Iterator[Measure]:
        if not isinstance(items, list):
            raise Skip("value_type", f"{self.where}: {type(items).__name__} is not a list")
        if len(items) > MEASURES_MAX:
            raise Skip("too_many_values", f"{self.where}: more than {MEASURES_MAX} items")
        for place, item in enumerate(items):
            value = paths.find(item, self.within)
            if value is paths.MISSING:
                continue
            at = self._at(item, place, len(items), times, notes)
            if (self.time and at is None) or (at is not None and not sane(at, times.arrival)):
                notes.refused.append(f"{self.where}: item {place} has no sane time")
            else:
                yield _measure(self.property, self.channel(item), at, self.read(value))

    def _at(self, item: Any, place: int, size: int, times: Times, notes: _Notes) -> int | None:
        return self._time(item, times, notes) if self.time else self._stepped(place, size, times)

    def _time(self, item: Any, times: Times, notes: _Notes) -> int | None:
        """The device's own time, None where it is none that can be."""
        at = instant(paths.find(item, self.time), self.path.time_unit)
        notes.told(at)
        return at if at is not None and sane(at, times.arrival) else None

    def _stepped(self, place: int, size: int, times: Times) -> int | None:
        if self.path.step is None:
            return None
        back = place if self.path.newest == "first" else size - 1 - place
        return times.observed_at - round(back * self.path.step * 1_000_000)


def _entry(codec: Codec, path: Path, registry: Registry) -> _Entry:
    prop = registry.get("property", path.property)
    if prop is None:
        raise Skip(
            "unknown_property",
            f"codec {codec.id} maps {path.path} to {path.property!r}, which is not declared",
        )
    if path.channel == NETWORK:
        raise Skip("mapping", f"codec {codec.id}: {_RESERVED}")
    where = f"codec {codec.id}, {'.'.join(filter(None, (path.each, path.path)))}"
    return _Entry(
        path,
        prop,
        where,
        reader(path, prop, where),
        first=paths.steps(path.path if path.each is None else path.each),
        within=paths.steps(path.path),
        time=paths.steps(path.time or ""),
        channel=paths.text(path.channel, where),
    )


def _measure(prop: Property, channel: str, at: int | None, value: float | None) -> Measure:
    return {
        "property": prop.id,
        "channel": channel,
        "observed_at": at,
        "value": value,
        "unit": prop.unit,
    }


def _named(data: Mapping[str, Any]) -> str:
    return ", ".join(list(data)[:10])[:200]


def _refusal(codec: Codec, refused: Sequence[str]) -> Skip | None:
    if not refused:
        return None
    said = "; ".join(refused[:3])
    return Skip("item_time", f"{said}; {len(refused)} in all: is the clock of the device set?")
