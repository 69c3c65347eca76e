"""What goes wrong in the city, drawn from the seed and written down.

One of each kind; they lie in different parts of the time so that none hides another: the stuck
meter first, the lost hour in the middle, the rest towards the end.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Literal

from connectors.simulator.city import NETWORKS, Sensor
from connectors.simulator.models import JAUGE, SONOMETRE, Model
from connectors.simulator.seeded import seeded
from connectors.simulator.signals import SLOT

Kind = Literal["stuck", "lost", "spike", "null", "invalid"]
Signals = Mapping[str, Sequence[int]]

_AN_HOUR, _EIGHT_HOURS = 3600 // SLOT, 8 * 3600 // SLOT
_EARLY, _MIDDLE, _END = (0.10, 0.15), (0.55, 0.65), (0.70, 0.90)


@dataclass(frozen=True)
class Fault:
    """``target``: the DevEUI, or for ``lost`` the network that delivers nothing.

    Slots ``[since, until)``; ``reported`` in tenths of the unit where the device reports a value
    that is not the true one.
    """

    kind: Kind
    target: str
    since: int
    until: int
    reported: int | None = None

    def hits(self, sensor: Sensor, slot: int) -> bool:
        """Whether it touches this sensor in this slot."""
        return self.since <= slot < self.until and self.target in (sensor.eui, sensor.network)


def faults(seed: int, sensors: Sequence[Sensor], signals: Signals, slots: int) -> tuple[Fault, ...]:
    """The faults of ``slots`` quarter-hours, each on devices of its own."""
    rng = seeded(seed, "faults")
    meters = [s for s in sensors if s.model is SONOMETRE]
    rng.shuffle(meters)
    stuck, mute, *others = meters
    spikes = [_spike(SONOMETRE, others or [mute], signals, slots)]
    gauges = [s for s in sensors if s.model is JAUGE]
    broken = gauges.pop(rng.randrange(len(gauges)))
    spikes.append(_spike(JAUGE, gauges, signals, slots))
    since = _instant(rng, slots, _EARLY)
    lost = _instant(rng, slots, _MIDDLE)
    null, invalid = _instant(rng, slots, _END), _instant(rng, slots, _END)
    value = signals[stuck.eui][since]
    return (
        Fault("stuck", stuck.eui, since, since + _EIGHT_HOURS, value),
        Fault("lost", rng.choice(NETWORKS), lost, lost + _AN_HOUR),
        *spikes,
        Fault("null", mute.eui, null, null + 1),
        Fault("invalid", broken.eui, invalid, invalid + 1),
    )


def _instant(rng: Random, slots: int, part: tuple[float, float]) -> int:
    return int(slots * rng.uniform(*part))


def _spike(model: Model, sensors: Sequence[Sensor], signals: Signals, slots: int) -> Fault:
    """A single value where it stands out most: full though empty, silent street at 110 dB(A)."""
    candidates = range(int(slots * _END[0]), int(slots * _END[1]))

    def reported(value: int) -> int:
        if model is JAUGE:
            return 980 if value < 500 else 0
        return value + 600

    def height(at: tuple[str, int]) -> int:
        value = signals[at[0]][at[1]]
        return abs(reported(value) - value) - (0 if model is JAUGE else value)

    eui, slot = max(((s.eui, i) for s in sensors for i in candidates), key=height)
    return Fault("spike", eui, slot, slot + 1, reported(signals[eui][slot]))
