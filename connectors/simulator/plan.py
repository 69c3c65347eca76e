"""Everything that will be posted, in the order of its arrival, from the seed alone."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from connectors.simulator.city import Sensor, city
from connectors.simulator.faults import Fault, Kind, Signals, faults
from connectors.simulator.seeded import seeded
from connectors.simulator.signals import SLOT
from streams.duration import DAY, SECOND
from streams.inventory import micros

_DUPLICATED, _LATE = 0.05, 0.03
_LATENESS = (15 * 60.0, 6 * 3600.0)
_REPEATED = (60.0, 40 * 60.0)


@dataclass(frozen=True, slots=True)
class Frame:
    """One radio frame that a network server delivers.

    ``observed_at`` is UTC microseconds; ``tenths`` the reported value in tenths of the unit, None
    where the device reports none; ``intact`` is false for a payload that no codec can read.
    """

    sensor: Sensor
    counter: int
    observed_at: int
    tenths: int | None
    payload: bytes
    intact: bool


@dataclass(frozen=True, slots=True)
class Post:
    """One request: ``arrival`` is UTC microseconds."""

    arrival: int
    frame: Frame


@dataclass(frozen=True)
class Plan:
    """``[start, end)`` in UTC microseconds; posts by arrival; each frame once in ``frames``."""

    seed: int
    start: int
    end: int
    sensors: tuple[Sensor, ...]
    faults: tuple[Fault, ...]
    frames: tuple[Frame, ...]
    posts: tuple[Post, ...]

    def steps(self, length: int) -> Iterator[tuple[int, list[Post]]]:
        """The end of each step of ``length`` microseconds, UTC, and what arrives in it."""
        posts = iter(self.posts)
        post = next(posts, None)
        for end in range(self.start + length, self.end + 1, length):
            arriving = []
            while post is not None and post.arrival < end:
                arriving.append(post)
                post = next(posts, None)
            yield end, arriving


def plan(seed: int, start: datetime, days: int, devices: int) -> Plan:
    """``days`` of ``devices`` sensors from midnight UTC of ``start``.

    Raises:
        ValueError: ``start`` is naive or no midnight UTC, no day, or a bad number of devices.
    """
    first = micros(start)
    if first % DAY or days < 1:
        raise ValueError(f"start {start}, {days} days: at least one, from midnight UTC (…T00:00Z)")
    end = micros(start + timedelta(days=days))
    sensors = city(seed, devices)
    slots = days * 86_400 // SLOT
    signals = {s.eui: s.model.signal(seeded(seed, "signal", s.eui), slots) for s in sensors}
    wrong = faults(seed, sensors, signals, slots)
    frames = tuple(_frames(seed, first, sensors, signals, wrong))
    posts = (post for frame in frames for post in _posts(seed, frame, end))
    in_order = sorted(posts, key=lambda p: (p.arrival, p.frame.sensor.eui, p.frame.counter))
    return Plan(seed, first, end, sensors, wrong, frames, tuple(in_order))


def _frames(
    seed: int, start: int, sensors: tuple[Sensor, ...], signals: Signals, wrong: tuple[Fault, ...]
) -> Iterator[Frame]:
    for sensor in sensors:
        mine = [f for f in wrong if f.target in (sensor.eui, sensor.network)]
        for slot, true in enumerate(signals[sensor.eui]):
            hit = {f.kind: f for f in mine if f.hits(sensor, slot)}
            if "lost" not in hit:
                yield _frame(
                    seeded(seed, "frame", sensor.eui, slot), start, sensor, slot, true, hit
                )


def _frame(
    rng: Random, start: int, sensor: Sensor, slot: int, true: int, hit: dict[Kind, Fault]
) -> Frame:
    wavers = rng.randrange(-2 * SECOND, 2 * SECOND)
    observed_at = start + (slot * SLOT + sensor.phase) * SECOND + wavers
    wrong = hit.get("stuck") or hit.get("spike")
    tenths = None if "null" in hit else true if wrong is None else wrong.reported
    payload = sensor.model.encode(tenths, rng)
    if "invalid" in hit:
        return Frame(sensor, slot, observed_at, None, payload[:3], intact=False)
    return Frame(sensor, slot, observed_at, tenths, payload, intact=True)


def _posts(seed: int, frame: Frame, end: int) -> Iterator[Post]:
    """The first arrival, now and then hours late, and now and then a second one."""
    rng = seeded(seed, "arrival", frame.sensor.eui, frame.counter)
    arrival = frame.observed_at + int(rng.uniform(0.2, 3.0) * SECOND)
    late = arrival + int(rng.uniform(*_LATENESS) * SECOND)
    if rng.random() < _LATE and late < end:
        arrival = late
    yield Post(arrival, frame)
    again = arrival + int(rng.uniform(*_REPEATED) * SECOND)
    if frame.intact and rng.random() < _DUPLICATED and again < end:
        yield Post(again, frame)
