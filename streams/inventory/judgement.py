"""What turns a raw value into a judged one."""

from collections.abc import Mapping
from typing import Any

from streams.inventory.declared import Dated, Id


class Calibration(Dated):
    """How a raw value becomes a value; ``params`` are those of the ``kind``."""

    device: Id
    property: Id
    channel: str = ""
    kind: str
    params: Mapping[str, float]
    range: tuple[float, float] | None = None


class Profile(Dated):
    """The quality tests of a property, for all devices or for one.

    ``tests`` maps a test's name to its parameters; a device's profile replaces the property's.
    """

    property: Id
    device: Id | None = None
    tests: Mapping[str, Mapping[str, Any]]
