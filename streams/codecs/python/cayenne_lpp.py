"""Cayenne LPP: pairs of channel and type, each followed by a value of the type's length.

The object says ``<name>_<channel>`` for each, such as ``temperature_3``; a value with several
parts is an object: ``gps_1.latitude``. The names are those under which The Things Stack's own
formatter says the same.

Sources: myDevices, "Cayenne Low Power Payload" (types, resolutions); IPSO Alliance Smart Objects
(a type is an object's number less 3200); the Arduino library CayenneLPP 1.1 for those of
generic sensor, voltage, current, frequency, percentage, altitude, concentration, power,
distance, energy, direction, time and switch.
"""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from streams.codecs.payload import PayloadCodec


class Type(NamedTuple):
    """``size`` is the bytes of one part; the value is the big-endian integer through ``divisor``,
    in ``unit`` (UCUM). Without ``parts`` there is one value."""

    name: str
    size: int
    divisor: int
    unit: str
    signed: bool = False
    parts: tuple[tuple[str, int], ...] = ()


_AXES = ("x", "y", "z")

TYPES: Mapping[int, Type] = {
    0: Type("digital_in", 1, 1, "1"),
    1: Type("digital_out", 1, 1, "1"),
    2: Type("analog_in", 2, 100, "1", signed=True),
    3: Type("analog_out", 2, 100, "1", signed=True),
    100: Type("generic", 4, 1, "1"),
    101: Type("luminosity", 2, 1, "lx"),
    102: Type("presence", 1, 1, "1"),
    103: Type("temperature", 2, 10, "Cel", signed=True),
    104: Type("relative_humidity", 1, 2, "%"),
    113: Type("accelerometer", 2, 1000, "[g]", True, tuple((axis, 1000) for axis in _AXES)),
    115: Type("barometric_pressure", 2, 10, "hPa"),
    116: Type("voltage", 2, 100, "V"),
    117: Type("current", 2, 1000, "A"),
    118: Type("frequency", 4, 1, "Hz"),
    120: Type("percentage", 1, 1, "%"),
    121: Type("altitude", 2, 1, "m", signed=True),
    125: Type("concentration", 2, 1, "[ppm]"),
    128: Type("power", 2, 1, "W"),
    130: Type("distance", 4, 1000, "m"),
    131: Type("energy", 4, 1000, "kW.h"),
    132: Type("direction", 2, 1, "deg"),
    133: Type("time", 4, 1, "s"),
    134: Type("gyrometer", 2, 100, "deg/s", True, tuple((axis, 100) for axis in _AXES)),
    136: Type(
        "gps", 3, 1, "deg", True, (("latitude", 10_000), ("longitude", 10_000), ("altitude", 100))
    ),
    142: Type("switch", 1, 1, "1"),
}


def decode(_port: int | None, payload: bytes, _at: int) -> Mapping[str, Any]:
    """All values of a payload by name and channel.

    Raises:
        ValueError: a type that is not known, a value that is cut, one channel twice.
    """
    said: dict[str, Any] = {}
    for name, value in _values(payload):
        if name in said:
            raise ValueError(f"{name} is there twice")
        said[name] = value
    return said


def _values(payload: bytes) -> Iterator[tuple[str, Any]]:
    at = 0
    while at < len(payload):
        if at + 2 > len(payload):
            raise ValueError(f"the payload ends after the channel at byte {at}")
        channel, number = payload[at], payload[at + 1]
        kind = TYPES.get(number)
        if kind is None:
            raise ValueError(f"type {number} at byte {at + 1} is not known")
        parts = kind.parts or (("", kind.divisor),)
        end = at + 2 + kind.size * len(parts)
        if end > len(payload):
            raise ValueError(f"{kind.name} at byte {at} is cut")
        numbers = [
            _scaled(payload[i : i + kind.size], kind.signed, divisor)
            for i, (_, divisor) in zip(range(at + 2, end, kind.size), parts, strict=True)
        ]
        names = [name for name, _ in parts]
        yield (
            f"{kind.name}_{channel}",
            dict(zip(names, numbers, strict=True)) if kind.parts else numbers[0],
        )
        at = end


def _scaled(raw: bytes, signed: bool, divisor: int) -> float:
    number = int.from_bytes(raw, "big", signed=signed)
    return number if divisor == 1 else number / divisor


CAYENNE_LPP = PayloadCodec("cayenne_lpp", decode)
