"""What turns a raw value into a judged one."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from streams.inventory.declared import Dated, DeviceId, Id, Instant, Ref, Text, Url
from streams.inventory.watching import Conditions

Param = float | str | tuple[float, ...] | tuple[tuple[float, ...], ...]
"""A number, an instant or a name, coefficients, or pairs of numbers."""

STAGES = ("unit", "linear", "environment", "drift")
"""Of a chain of calibrations, in the order in which they apply."""


class Calibration(Dated):
    """How a raw value becomes a value; ``params`` are those of the ``kind``.

    Calibrations of one series form a chain in the order of their ``stage``; within a stage their
    dates do not overlap. ``range`` is where it was fitted, in the unit of what goes in. The
    other fields say where it comes from and change no value: ``n`` pairs of ``fit_from`` to
    ``fit_to``, ``u_rel`` the expanded relative uncertainty in percent.
    """

    device: Annotated[DeviceId, Ref("device")]
    property: Annotated[Id, Ref("property")]
    channel: str = ""
    stage: Literal["unit", "linear", "environment", "drift"] = "linear"
    kind: str
    params: Mapping[str, Param]
    range: tuple[float, float] | None = None
    method: Literal["laboratory", "co-location", "factory", "transfer"] | None = None
    ref_instrument: Text = ""
    ref_class: Text = ""
    n: int | None = Field(None, ge=1)
    fit_from: Instant | None = None
    fit_to: Instant | None = None
    statistics: Mapping[str, float] = Field({}, max_length=50)
    u_rel: float | None = Field(None, ge=0, le=1000)
    author: Text = ""
    certificate: Url | None = None
    supersedes: Id | None = None


class Profile(Dated):
    """The quality tests of a property: for all devices, for a site, or for one device.

    ``tests`` maps a test's name to its parameters; without them the defaults of the property
    apply, and ``{}`` is no test. A device's profile replaces the site's, the site's the
    property's, the property's the defaults; a site's holds for the time that a device is
    deployed there. ``conditions`` are looked for in the series as the profile says that is valid
    now.
    """

    property: Annotated[Id, Ref("property")]
    site: str | None = Field(None, min_length=1, max_length=200)
    device: Annotated[DeviceId | None, Ref("device")] = None
    tests: Mapping[str, Mapping[str, Any]] | None = None
    conditions: Conditions = Field({})

    @model_validator(mode="after")
    def _one_owner(self) -> "Profile":
        if self.site is not None and self.device is not None:
            raise ValueError("a profile is for a site or for a device, not for both")
        return self


class Verdict(Dated):
    """What somebody who looked says of the data of ``[from, to)``: it wins over the tests.

    Without ``property`` it is about all that the device measures, without ``channel`` about
    every channel.
    """

    device: Annotated[DeviceId, Ref("device")]
    property: Annotated[Id | None, Ref("property")] = None
    channel: str | None = None
    flag: Literal["good", "unknown", "suspect", "fail"]
    author: Text
    reason: Text
