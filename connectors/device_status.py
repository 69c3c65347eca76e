"""What a device answers to a network server that asks for its status.

Source: LoRaWAN L2 1.0.4 specification (TS001-1.0.4), section 5.5, "DevStatusReq, DevStatusAns".
"""

from typing import Any

from connectors import json_fields as fields

_LEAST, _MOST = 1, 254
"""Of the battery's byte; 0 says external power, 255 that the device cannot tell."""

_MARGIN = range(-32, 32)


def measured(battery: Any = None, margin: Any = None) -> dict[str, float]:
    """``battery_level`` in % of the battery's byte, ``link_margin`` in dB; what says neither is
    left out."""
    found: dict[str, float] = {}
    byte = fields.whole(battery, 255)
    if byte is not None and _LEAST <= byte <= _MOST:
        found["battery_level"] = 100 * (byte - _LEAST) / (_MOST - _LEAST)
    decibels = fields.number(margin)
    if decibels is not None and decibels in _MARGIN:
        found["link_margin"] = decibels
    return found


def percent(value: Any) -> dict[str, float]:
    """``battery_level`` where a network server has made it a percentage itself."""
    found = fields.number(value)
    return {"battery_level": found} if found is not None and 0 <= found <= 100 else {}
