"""What is declared: the objects of the inventory, validated.

Every object that influences a value is dated ``[from, to)``; without dates it is valid for all
time. The names of the fields are those of the inventory's files.
"""

from collections.abc import Mapping

from streams.inventory.codecs import Codec, Path
from streams.inventory.declared import EVER, NEVER, Dated, Declared, Id, micros
from streams.inventory.devices import Configuration, Deployment, Device
from streams.inventory.erasures import Erasure
from streams.inventory.fieldwork import Maintenance, Reliability, Session
from streams.inventory.judgement import Calibration, Profile, Verdict
from streams.inventory.networks import Network
from streams.inventory.notifiers import Notifier
from streams.inventory.publication import Dataset, Group
from streams.inventory.sources import Source
from streams.inventory.use_cases import UseCase
from streams.inventory.vocabulary import Property

__all__ = [
    "EVER",
    "KINDS",
    "NEVER",
    "Calibration",
    "Codec",
    "Configuration",
    "Dataset",
    "Dated",
    "Declared",
    "Deployment",
    "Device",
    "Erasure",
    "Group",
    "Id",
    "Maintenance",
    "Network",
    "Notifier",
    "Path",
    "Profile",
    "Property",
    "Reliability",
    "Session",
    "Source",
    "UseCase",
    "Verdict",
    "micros",
]

KINDS: Mapping[str, type[Declared]] = {
    "use_case": UseCase,
    "property": Property,
    "network": Network,
    "source": Source,
    "codec": Codec,
    "group": Group,
    "device": Device,
    "configuration": Configuration,
    "deployment": Deployment,
    "calibration": Calibration,
    "profile": Profile,
    "session": Session,
    "reliability": Reliability,
    "maintenance": Maintenance,
    "verdict": Verdict,
    "dataset": Dataset,
    "notifier": Notifier,
    "erasure": Erasure,
}
"""What refers to something comes after it."""
