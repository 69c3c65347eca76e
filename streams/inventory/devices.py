"""Devices, how they are set, and where they stand."""

from collections.abc import Iterable
from typing import Annotated, Any

from pydantic import Field, model_validator

from streams.inventory import lambert93
from streams.inventory.declared import Dated, Declared, DeviceId, Id, Ref, Text, Url
from streams.inventory.watching import Conditions

Period = Annotated[float, Field(ge=0.1, le=31_622_400, description="Seconds between two uplinks.")]
Commune = Annotated[str, Field(pattern=r"^([013-9]\d|2[AB1-9])\d{3}$", description="INSEE code.")]

_NEAR = 1e-6
"""Degrees (a decimetre) by which two ways to say one place may differ."""


class Device(Declared):
    """A device: its id is the DevEUI (16 hexadecimal digits in any notation) or the source's own.

    ``codec``, ``nominal_period`` and ``network`` hold wherever no ``configuration`` says otherwise.
    Its ``radio`` is how it sends (lorawan, nb-iot, 4g, …), ``network`` the network server that it
    is on, ``group`` the closed user group that its data belongs to.
    """

    id: DeviceId
    name: str = Field(max_length=200)
    codec: Annotated[Id, Ref("codec")]
    use_case: Annotated[Id, Ref("use_case")]
    nominal_period: Period
    make: Text = ""
    model: Text = ""
    serial: Text = ""
    radio: Text = ""
    network: Annotated[Id | None, Ref("network")] = None
    owner: Text = ""
    group: Annotated[Id | None, Ref("group")] = None
    conditions: Conditions = Field({})


class Configuration(Dated):
    """How a device was set in ``[from, to)``, where its own object says otherwise."""

    device: Annotated[DeviceId, Ref("device")]
    codec: Annotated[Id | None, Ref("codec")] = None
    nominal_period: Period | None = None
    network: Annotated[Id | None, Ref("network")] = None

    @model_validator(mode="after")
    def _something(self) -> "Configuration":
        if self.codec is None and self.nominal_period is None and self.network is None:
            raise ValueError("a configuration sets codec, nominal_period or network")
        return self


def configured(device: Device, settings: Iterable[Configuration]) -> Device:
    """The device as these configurations, those valid at one instant, set it."""
    for one in sorted(settings, key=lambda c: (c.since, c.id)):
        codec, period = one.codec or device.codec, one.nominal_period or device.nominal_period
        network = one.network or device.network
        update = {"codec": codec, "nominal_period": period, "network": network}
        device = device.model_copy(update=update)
    return device


class Deployment(Dated):
    """Where a device stands; ``from`` is its commissioning, ``to`` its removal.

    The place is given by ``latitude`` and ``longitude`` in degrees (WGS 84), or by ``x`` and
    ``y`` in ``crs``: EPSG:4326 (x is the longitude) or EPSG:2154 (Lambert-93, metres). ``z`` is
    the altitude of the sensor, ``height`` its height above ground, metres both. ``position``
    tells apart several devices at one site. A sensor that is swapped for another is a chain:
    each deployment ends where the next one begins.
    """

    device: Annotated[DeviceId, Ref("device")]
    site: str = Field(min_length=1, max_length=200)
    position: Text = ""
    commune: Commune
    latitude: float = Field(ge=-90, le=90)
    longitude: float = Field(ge=-180, le=180)
    x: float | None = None
    y: float | None = None
    z: float | None = None
    crs: str = Field("EPSG:4326", pattern=r"^EPSG:(4326|2154)$")
    height: float | None = None
    photos: tuple[Url, ...] = Field((), max_length=100)

    @model_validator(mode="before")
    @classmethod
    def _placed(cls, given: Any) -> Any:
        """Degrees from x and y, where these were given."""
        if not isinstance(given, dict) or given.get("x") is None or given.get("y") is None:
            return given
        try:
            x, y = float(given["x"]), float(given["y"])
        except (TypeError, ValueError):
            return given
        if given.get("crs", "EPSG:4326") == "EPSG:2154":
            x, y = lambert93.degrees(x, y)
        return {"longitude": round(x, 8), "latitude": round(y, 8)} | given

    @model_validator(mode="after")
    def _one_place(self) -> "Deployment":
        if (self.x is None) != (self.y is None):
            raise ValueError("x and y go together")
        if self.x is None or self.y is None:
            if self.crs != "EPSG:4326":
                raise ValueError("crs is that of x and y: give them")
            return self
        east, north = self.x, self.y
        if self.crs == "EPSG:2154":
            east, north = lambert93.degrees(east, north)
        if abs(east - self.longitude) > _NEAR or abs(north - self.latitude) > _NEAR:
            raise ValueError("x and y are another place than longitude and latitude: give one")
        return self
