"""A metropolis of invented sensors on real places, drawn from a seed.

Communes and arrondissements: INSEE, Code officiel géographique. Coordinates are WGS 84 degrees,
near the place that is named.
"""

from dataclasses import dataclass

from connectors.simulator.models import JAUGE, SONOMETRE, Model
from connectors.simulator.seeded import seeded

NETWORKS = ("tts", "chirpstack")
FEWEST = 8
"""Devices: fewer leave no device for one of the faults."""

_CALIBRATIONS = {"pav": (1.5, 0.96), "noise": (-0.4, 1.0)}
"""Offset and slope. No product falls on half a hundredth, where rounding would be a matter of
the last bit."""

_ONE_IN = 5


@dataclass(frozen=True)
class Place:
    """A named spot of a commune."""

    name: str
    commune: str
    latitude: float
    longitude: float


PLACES = (
    Place("Marseille, Vieux-Port", "13201", 43.2955, 5.3745),
    Place("Aix-en-Provence, La Rotonde", "13001", 43.5263, 5.4454),
    Place("Aubagne, cours Foch", "13005", 43.2927, 5.5688),
    Place("Martigues, L'Île", "13056", 43.4053, 5.0535),
    Place("Vitrolles, Les Pinchinats", "13117", 43.4485, 5.2480),
    Place("Salon-de-Provence, place Morgan", "13103", 43.6395, 5.0970),
    Place("Marseille, Castellane", "13206", 43.2858, 5.3838),
    Place("Istres, centre", "13047", 43.5135, 4.9880),
    Place("Marseille, La Joliette", "13202", 43.3045, 5.3665),
    Place("La Ciotat, port", "13028", 43.1740, 5.6060),
    Place("Aix-en-Provence, Jas de Bouffan", "13001", 43.5240, 5.4180),
    Place("Marignane, centre", "13054", 43.4165, 5.2140),
    Place("Marseille, Rond-point du Prado", "13208", 43.2722, 5.3915),
    Place("Gardanne, cours de la République", "13041", 43.4545, 5.4690),
    Place("Marseille, La Timone", "13205", 43.2905, 5.4030),
)


@dataclass(frozen=True)
class Sensor:
    """One device: ``phase`` is when in its slot it sends, seconds; ``calibration`` is the offset
    and the slope by which its values are corrected, None where they are taken as they are."""

    eui: str
    name: str
    model: Model
    network: str
    place: Place
    latitude: float
    longitude: float
    phase: int
    calibration: tuple[float, float] | None


def city(seed: int, devices: int) -> tuple[Sensor, ...]:
    """``devices`` sensors, three gauges to two sound level meters, half on each network server.

    Raises:
        ValueError: fewer than :data:`FEWEST` devices, or more than 10,000.
    """
    if not FEWEST <= devices <= 10_000:
        raise ValueError(f"{devices} devices: the city takes {FEWEST} to 10000")
    meters = devices * 2 // 5
    models = [JAUGE] * (devices - meters) + [SONOMETRE] * meters
    return tuple(_sensor(seed, index, model) for index, model in enumerate(models))


def _sensor(seed: int, index: int, model: Model) -> Sensor:
    rng = seeded(seed, "sensor", index)
    place = PLACES[index % len(PLACES)]
    locally_administered = 0x02 << 56
    return Sensor(
        eui=f"{locally_administered | rng.getrandbits(40) << 16 | index:016X}",
        name=f"{model.name}-{index + 1:03d}",
        model=model,
        network=NETWORKS[index % len(NETWORKS)],
        place=place,
        latitude=round(place.latitude + rng.uniform(-0.002, 0.002), 6),
        longitude=round(place.longitude + rng.uniform(-0.002, 0.002), 6),
        phase=rng.randrange(30, 870),
        calibration=_CALIBRATIONS[model.use_case] if index % _ONE_IN == 0 else None,
    )
