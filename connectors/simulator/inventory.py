"""What an operator would declare about the simulated city."""

from collections.abc import Iterator

from connectors.simulator.city import NETWORKS, Sensor
from connectors.simulator.models import MODELS, Model
from connectors.simulator.plan import Plan
from connectors.simulator.signals import SLOT
from streams.inventory import (
    Calibration,
    Codec,
    Declared,
    Deployment,
    Device,
    Path,
    Profile,
    Property,
    Source,
    UseCase,
)

RESOLUTION = 0.1
"""Of both devices, in the unit of what they measure."""

_OWNER = "Métropole Aix-Marseille-Provence"
_TITLES = {
    "pav": ("Points d'apport volontaire", "Drop-off containers"),
    "noise": ("Bruit dans l'environnement", "Environmental noise"),
    "fill_level": ("Taux de remplissage", "Fill level"),
    "sound_level": ("Niveau sonore équivalent pondéré A", "A-weighted equivalent sound level"),
}


def source(network: str) -> Source:
    """The source of a network server; its secret is named ``SIMULATED_<NETWORK>``."""
    name = f"simulated-{network}"
    secret = f"SIMULATED_{network.upper()}"
    return Source(id=name, network=network, secret=(secret,), simulated=True)


def inventory(plan: Plan) -> Iterator[tuple[str, Declared]]:
    """Every object with its kind, what is referred to before what refers to it."""
    for network in NETWORKS:
        yield "source", source(network)
    for model in MODELS:
        yield from _of_model(model)
    for sensor in plan.sensors:
        yield from _of_sensor(sensor)


def _of_model(model: Model) -> Iterator[tuple[str, Declared]]:
    fr, en = _TITLES[model.use_case]
    yield "use_case", UseCase(id=model.use_case, title_fr=fr, title_en=en, owner=_OWNER)
    fr, en = _TITLES[model.property]
    yield (
        "property",
        Property(
            id=model.property,
            title_fr=fr,
            title_en=en,
            unit=model.unit,
            kind=model.kind,
            resolution=RESOLUTION,
        ),
    )
    mapping = (Path(path=model.path, property=model.property),)
    yield "codec", Codec(id=model.name, script=model.script, mapping=mapping)
    yield "profile", Profile(id=model.property, property=model.property, tests=model.tests)


def _of_sensor(sensor: Sensor) -> Iterator[tuple[str, Declared]]:
    """Named after the device: another city on the same home replaces it, or stands beside."""
    model = sensor.model
    yield (
        "device",
        Device(
            id=sensor.eui,
            name=sensor.name,
            codec=model.name,
            use_case=model.use_case,
            nominal_period=SLOT,
        ),
    )
    yield (
        "deployment",
        Deployment(
            id=f"{sensor.eui}-site",
            device=sensor.eui,
            site=f"{sensor.place.name}, {sensor.name}",
            position=sensor.eui,
            commune=sensor.place.commune,
            latitude=sensor.latitude,
            longitude=sensor.longitude,
        ),
    )
    if sensor.calibration:
        offset, slope = sensor.calibration
        yield (
            "calibration",
            Calibration(
                id=f"{sensor.eui}-reference",
                device=sensor.eui,
                property=model.property,
                kind="linear",
                params={"a": offset, "b": slope},
            ),
        )
