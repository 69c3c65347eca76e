"""What is done at the place of a device: comparisons and maintenance."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from streams.inventory.declared import Dated, DeviceId, Id, Ref, Span, Text


class Reading(Span):
    """One value of a session: of an instant (``from`` alone) or of ``[from, to)``."""

    value: float


class Session(Dated):
    """A comparison by a protocol: a reference instrument, or people who count.

    ``readings`` are in the unit of the property; in an inventory, ``file`` may name a CSV file
    with the columns ``from``, ``to`` and ``value`` instead.
    """

    device: Annotated[DeviceId, Ref("device")]
    property: Annotated[Id, Ref("property")]
    channel: str = ""
    kind: Literal["reference", "manual_count"]
    protocol: Text
    who: Text
    instrument: Text = ""
    readings: tuple[Reading, ...] = Field((), max_length=50_000)

    @model_validator(mode="after")
    def _closed(self) -> "Session":
        if self.start is None or self.end is None:
            raise ValueError("a session has from and to")
        for reading in self.readings:
            if reading.start is None or not self.since <= reading.since < self.until:
                raise ValueError("every reading has a from within the session")
        return self


class Effect(Span):
    """How the data of ``[from, to)`` is affected; ``property`` none: all of the device's."""

    property: Annotated[Id | None, Ref("property")] = None
    quality: Literal["bad", "suspect", "none"]


class Maintenance(Dated):
    """An act on a device: what, by whom, when, and what it does to the data."""

    device: Annotated[DeviceId, Ref("device")]
    what: Text
    who: Text
    affects: tuple[Effect, ...] = Field((), max_length=100)

    @model_validator(mode="after")
    def _begun(self) -> "Maintenance":
        if self.start is None:
            raise ValueError("a maintenance has a from, and a to if it took longer")
        return self
