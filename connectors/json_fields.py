"""Fields of a network server's JSON: numbers that may be strings, identities that must be right."""

import base64
import binascii
import json
import math
import re
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from connectors import rfc3339
from streams.bounded_json import loads
from streams.errors import Skip
from streams.inventory.sources import TimeUnit

_INTEGER = re.compile(r"[+-]?\d{1,19}", re.ASCII)
_DECIMAL = re.compile(r"-?\d{1,20}(?:\.\d{0,20})?(?:[eE][+-]?\d{1,2})?", re.ASCII)
_SEPARATORS = str.maketrans("", "", " :-.")
_EUI = re.compile(r"[0-9A-F]{16}", re.ASCII)
_OWN_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:/-]{0,127}", re.ASCII)
_HEX = re.compile(r"(?:[0-9A-Fa-f]{2})*", re.ASCII)
_SPREADING = re.compile(r"SF(\d{1,2})(?!\d)", re.ASCII)
_YEAR_10000 = 253_402_300_800_000_000
_MICROSECONDS = {"s": 1_000_000, "ms": 1_000, "us": 1}


def message(body: bytes) -> Mapping[str, Any]:
    """The JSON object that a body is.

    Raises:
        Skip: ``not_json``.
    """
    value = loads(body)
    if not isinstance(value, dict):
        raise Skip("not_json", f"a JSON object is expected, not {type(value).__name__}")
    return value


def within(value: Any, *names: str) -> Any:
    """The value under nested names; None where a step is missing."""
    for name in names:
        if not isinstance(value, dict):
            return None
        value = value.get(name)
    return value


def mapping(value: Any) -> Mapping[str, Any] | None:
    """The object, or None."""
    return value if isinstance(value, dict) else None


def objects(value: Any) -> Iterator[Mapping[str, Any]]:
    """The objects of a list; nothing where it is none."""
    if isinstance(value, list):
        yield from (item for item in value if isinstance(item, dict))


def text(value: Any) -> str | None:
    """A string that is not empty, or None."""
    return value if isinstance(value, str) and value else None


def integer(value: Any, name: str, most: int, default: int | None = None) -> int | None:
    """A whole number from 0 to ``most``, written as a number or as a string.

    Raises:
        Skip: ``malformed``: something else is there.
    """
    if value is None:
        return default
    if isinstance(value, str) and _INTEGER.fullmatch(value):
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= most:
        raise Skip("malformed", f"{name} must be a whole number from 0 to {most}")
    return value


def number(value: Any, default: float | None = None) -> float | None:
    """A finite number, written as a number or as a string; None where it is something else.

    For what describes an uplink: a strange RSSI is no reason to refuse what was measured.
    """
    if value is None:
        return default
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    return found if math.isfinite(found) else None


def whole(value: Any, most: int) -> int | None:
    """As :func:`number`, for what is counted: from 0 to ``most``."""
    found = number(value)
    return int(found) if found is not None and 0 <= found <= most else None


def most(values: Iterable[float | None]) -> float | None:
    """The greatest of those that are there."""
    return max([value for value in values if value is not None], default=None)


def dev_eui(value: Any) -> str:
    """A DevEUI as 16 upper-case hexadecimal digits, separators stripped.

    Raises:
        Skip: ``no_device``.
    """
    found = value.translate(_SEPARATORS).upper() if isinstance(value, str) else ""
    if not _EUI.fullmatch(found):
        raise Skip("no_device", "no DevEUI of 16 hexadecimal digits in the message")
    return found


def own_id(value: Any, name: str) -> str:
    """What a source calls a device that has no DevEUI: at most 128 letters, digits and _.:/-

    Raises:
        Skip: ``no_device``.
    """
    found = value if isinstance(value, str) else ""
    if not _OWN_ID.fullmatch(found):
        raise Skip("no_device", f"{name} must name a device in at most 128 letters, digits, _.:/-")
    return found


def device(value: Any, name: str) -> str:
    """A DevEUI in its one form, else the source's own id.

    Raises:
        Skip: ``no_device``: it can be neither.
    """
    try:
        return dev_eui(value)
    except Skip:
        return own_id(value, name)


def instant(value: Any, name: str) -> int:
    """An RFC 3339 time, UTC microseconds.

    Raises:
        Skip: ``no_time``.
    """
    try:
        return rfc3339.micros(value if isinstance(value, str) else "")
    except ValueError as e:
        raise Skip("no_time", f"{name}: {e}") from e


def base64_bytes(value: Any, name: str) -> bytes | None:
    """The bytes of a base64 text (RFC 4648 section 4); None where there is no text.

    Raises:
        Skip: ``malformed``.
    """
    if value is None:
        return None
    try:
        return base64.b64decode(value if isinstance(value, str) else "?", validate=True)
    except (binascii.Error, ValueError) as e:
        raise Skip("malformed", f"{name} is not base64: {e}") from e


def hex_bytes(value: Any, name: str) -> bytes | None:
    """The bytes of pairs of hexadecimal digits; None where there is no text.

    Raises:
        Skip: ``malformed``.
    """
    if value is None:
        return None
    if not isinstance(value, str) or not _HEX.fullmatch(value):
        raise Skip("malformed", f"{name} is not pairs of hexadecimal digits")
    return bytes.fromhex(value)


def plain(value: Any) -> Any:
    """The same, with null for a number that is too large for a double: JSON cannot say infinity."""
    return json.loads(json.dumps(value), parse_constant=lambda _: None)


def told(**said: Any) -> dict[str, Any]:
    """What is there of it, fit for JSON."""
    there = {name: value for name, value in said.items() if value is not None}
    return {name: plain(value) for name, value in there.items()}


def epoch_millis(value: Any, name: str) -> int:
    """Milliseconds since 1970, UTC, as microseconds.

    Raises:
        Skip: ``no_time``.
    """
    return epoch(value, name, "ms")


def epoch(value: Any, name: str, unit: TimeUnit) -> int:
    """A time since 1970 in that unit, UTC, as microseconds; what is finer is cut off.

    Raises:
        Skip: ``no_time``.
    """
    if unit == "rfc3339":
        return instant(value, name)
    found = _exact(value)
    at = None if found is None else found * _MICROSECONDS[unit]
    if at is None or not 0 <= at < _YEAR_10000:
        raise Skip("no_time", f"{name} is no time in {unit} since 1970, before the year 10000")
    return int(at)


def _exact(value: Any) -> Decimal | None:
    """A number as it is written, in few digits; None where there is none."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    text = value if isinstance(value, str) else repr(value)
    return Decimal(text) if _DECIMAL.fullmatch(text) else None


def spreading_factor(value: Any) -> int | None:
    """The spreading factor of a data rate such as ``SF12BW125``."""
    match = _SPREADING.match(value) if isinstance(value, str) else None
    return int(match[1]) if match else None
