"""The two device models of the simulated city, invented here: signal, payload, vocabulary.

The JavaScript codecs beside this file document the same byte layouts; a test decodes with them
what is encoded here.
"""

import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Literal

from connectors.simulator.signals import SLOT, fill_level, sound_level

NO_VALUE = 0xFFFF
MAX_GAP = 2.5 * SLOT
"""A neighbour farther away than this, seconds, is none."""

Tests = Mapping[str, Mapping[str, float | tuple[float, float]]]


@dataclass(frozen=True, eq=False)
class Model:
    """A kind of device that reports one property.

    ``signal(rng, slots)`` gives the true values in tenths of the unit; ``encode(tenths, rng)``
    the payload, None for no value. ``tests`` are the parameters of the property's profile.
    """

    name: str
    use_case: str
    property: str
    kind: Literal["instantaneous", "level"]
    unit: str
    path: str
    port: int
    script: str
    tests: Tests
    signal: Callable[[Random, int], list[int]]
    encode: Callable[[int | None, Random], bytes]


def _script(name: str) -> str:
    return (Path(__file__).parent / "codecs" / f"{name}.js").read_text("utf-8")


def _jauge(tenths: int | None, rng: Random) -> bytes:
    battery, celsius = rng.randrange(170, 181), rng.randrange(-5, 35)
    if tenths is None:
        return struct.pack(">BHHBb", 1, NO_VALUE, NO_VALUE, battery, celsius)
    useful, dead = 1500, 300
    distance = dead + round(useful * (1 - tenths / 1000))
    return struct.pack(">BHHBb", 1, distance, tenths, battery, celsius)


def _sonometre(tenths: int | None, rng: Random) -> bytes:
    battery = rng.randrange(170, 181)
    if tenths is None:
        return struct.pack(">BHHBB", 2, NO_VALUE, NO_VALUE, 0, battery)
    highest, background = tenths + rng.randrange(80, 200), tenths - rng.randrange(40, 100)
    return struct.pack(">BHHBB", 2, tenths, highest, max(0, background) // 5, battery)


JAUGE = Model(
    name="jauge",
    use_case="pav",
    property="fill_level",
    kind="instantaneous",
    unit="%",
    path="fill_level",
    port=10,
    script=_script("jauge"),
    tests={
        "gross_range": {"fail": (0.0, 100.0), "suspect": (0.0, 98.0)},
        "spike": {"suspect": 55.0, "fail": 70.0, "max_gap": MAX_GAP},
        "flat_line": {"suspect": 43_200.0, "fail": 86_400.0, "tolerance": 0.5},
    },
    signal=fill_level,
    encode=_jauge,
)
"""An emptied container halves the way to its neighbours: no spike under 50 points."""

SONOMETRE = Model(
    name="sonometre",
    use_case="noise",
    property="sound_level",
    kind="level",
    unit="dB(A)",
    path="noise.laeq",
    port=20,
    script=_script("sonometre"),
    tests={
        "gross_range": {"fail": (20.0, 130.0), "suspect": (30.0, 110.0)},
        "spike": {"suspect": 35.0, "fail": 50.0, "max_gap": MAX_GAP},
        "flat_line": {"suspect": 10_800.0, "fail": 21_600.0, "tolerance": 0.2},
    },
    signal=sound_level,
    encode=_sonometre,
)

MODELS = (JAUGE, SONOMETRE)
