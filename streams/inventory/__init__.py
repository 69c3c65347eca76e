"""What is declared: the objects of the inventory, validated.

Every object that influences a value is dated ``[from, to)``; without dates it is valid for all
time. The names of the fields are those of the inventory's files.
"""

from collections.abc import Mapping

from streams.inventory.codecs import Codec, Path
from streams.inventory.declared import EVER, NEVER, Dated, Declared, Id, micros
from streams.inventory.devices import Deployment, Device
from streams.inventory.judgement import Calibration, Profile
from streams.inventory.sources import Source
from streams.inventory.use_cases import UseCase
from streams.inventory.vocabulary import Property

__all__ = [
    "EVER",
    "KINDS",
    "NEVER",
    "Calibration",
    "Codec",
    "Dated",
    "Declared",
    "Deployment",
    "Device",
    "Id",
    "Path",
    "Profile",
    "Property",
    "Source",
    "UseCase",
    "micros",
]

KINDS: Mapping[str, type[Declared]] = {
    "use_case": UseCase,
    "property": Property,
    "source": Source,
    "codec": Codec,
    "device": Device,
    "deployment": Deployment,
    "calibration": Calibration,
    "profile": Profile,
}
