"""What is done at the place of a device: comparisons and maintenance."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from streams.inventory.declared import Dated, DeviceId, Id, Part, Ref, Span, Text


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


class Reliability(Dated):
    """How a device agreed with a reference over ``[from, to)``, by a protocol: dated evidence.

    ``reliability`` is the share of the ``n`` compared values that lay within ``tolerance``, 0 to 1.
    ``reference`` says what it was compared with: a device, an instrument, or who counted. The
    other figures are those of the evaluation that fit the ``method``; ``mbe`` and ``rmse`` are in
    the unit of the property, ``nrmse`` and ``wape`` percent, ``geh_good`` percent of intervals.
    """

    device: Annotated[DeviceId, Ref("device")]
    property: Annotated[Id, Ref("property")]
    channel: str = ""
    method: Literal["reference", "manual_count"]
    protocol: Text = Field(min_length=1)
    reference: Text = ""
    sessions: Annotated[tuple[Id, ...], Ref("session")] = Field((), max_length=100)
    n: int = Field(ge=1)
    reliability: float = Field(ge=0, le=1)
    tolerance: Text = Field(min_length=1)
    slope: float | None = None
    intercept: float | None = None
    r2: float | None = Field(None, ge=0, le=1)
    rmse: float | None = Field(None, ge=0)
    mbe: float | None = None
    nrmse: float | None = None
    wape: float | None = Field(None, ge=0)
    geh_good: float | None = Field(None, ge=0, le=100)
    author: Text = ""

    @model_validator(mode="after")
    def _closed(self) -> "Reliability":
        if self.start is None or self.end is None:
            raise ValueError("a reliability has from and to: the time that was compared")
        return self


class Effect(Span):
    """How the data of ``[from, to)`` is affected; ``property`` none: all of the device's."""

    property: Annotated[Id | None, Ref("property")] = None
    quality: Literal["bad", "suspect", "none"]


class Check(Part):
    """A sound level meter under a calibrator: the ``level`` that this gives and what the meter
    ``read``, decibels. It was then adjusted, or ``left`` at a reading; without ``property`` all
    sound levels of the device are checked.
    """

    level: float = Field(ge=60, le=140)
    read: float = Field(ge=20, le=160)
    left: float | None = Field(None, ge=20, le=160)
    property: Annotated[Id | None, Ref("property")] = None

    def about(self, name: str) -> bool:
        """Whether a property was checked."""
        return self.property in (None, name)

    def remaining(self) -> float:
        """What the meter read too much from then on, decibels."""
        return 0.0 if self.left is None else self.left - self.level


class Maintenance(Dated):
    """An act on a device: what, by whom, when, and what it does to the data.

    A ``check`` with a calibrator that finds the meter off by more than 0.5 dB since the check
    before makes the data between the two suspect, by more than 1 dB makes it fail.
    """

    device: Annotated[DeviceId, Ref("device")]
    what: Text
    who: Text
    affects: tuple[Effect, ...] = Field((), max_length=100)
    check: Check | None = None

    @model_validator(mode="after")
    def _begun(self) -> "Maintenance":
        if self.start is None:
            raise ValueError("a maintenance has a from, and a to if it took longer")
        return self
