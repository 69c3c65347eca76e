"""What really happens on the streets: fill levels and sound levels, one value a slot.

Values are whole tenths of the property's unit, as the devices report them: the quantised true
signal. A slot is 15 minutes; slot 0 starts at 00:00 UTC.
"""

from math import cos, pi
from random import Random

SLOT = 900
"""Seconds."""

_SLOTS_A_DAY = 86_400 // SLOT
_EMPTIED_FROM, _EMPTIED_ABOVE = 75.0, 0.04


def _hour(slot: int) -> float:
    return slot % _SLOTS_A_DAY * SLOT / 3600


def _tenths(value: float, least: float, greatest: float) -> int:
    return int(min(max(value, least), greatest) * 10 + 0.5)


def fill_level(rng: Random, slots: int) -> list[int]:
    """Tenths of a percent: rises with what people bring by day, drops when a lorry comes.

    The gauge itself wavers by some tenths of a percent, as ultrasound on a heap does.
    """
    level = rng.uniform(5, 70)
    pace = rng.uniform(0.25, 0.9)
    signal = []
    for slot in range(slots):
        brought = max(0.0, 1 - cos(2 * pi * (_hour(slot) - 3) / 24)) * rng.expovariate(1.0)
        level = min(level + pace * brought * 0.5, 99.0)
        lorry = 4 <= _hour(slot) < 10 and rng.random() < _EMPTIED_ABOVE * 3
        if lorry and level > _EMPTIED_FROM:
            level = rng.uniform(2, 6)
        signal.append(_tenths(level + rng.gauss(0, 0.3), 0, 100))
    return signal


def sound_level(rng: Random, slots: int) -> list[int]:
    """Tenths of a dB(A), LAeq of the slot: loud by day, less in the evening, quiet at night."""
    base = rng.uniform(50, 60)
    return [_tenths(base + _activity(_hour(s)) + rng.gauss(0, 1.2), 20, 120) for s in range(slots)]


def _activity(hour: float) -> float:
    if 5 <= hour < 17:
        return 8 + 2 * cos(2 * pi * (hour - 8) / 9)
    return 4.0 if 17 <= hour < 21 else -5.0
