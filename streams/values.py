"""A value as a codec may say it, to a number in the property's unit."""

import math
import re
from collections.abc import Callable
from typing import Any

from streams.errors import Skip
from streams.inventory import Path, Property
from streams.units import conversion

VALUE_MAX = 1e15
_TEXT_MAX = 64
_POINT = re.compile(r"\s*([+-]?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]{1,3})?)(?![0-9.,])\s*(.*?)\s*")
_COMMA = re.compile(_POINT.pattern.replace(r"\.", ",", 1))


def reader(path: Path, prop: Property, where: str) -> Callable[[Any], float | None]:
    """The function from what a codec says to a number; None is a missing value.

    It raises Skip: ``value_type``, ``value_bounds``, ``unit``. ``where`` opens its messages.

    Raises:
        Skip: ``unit``: the unit of the path is not known, or not one of the property.
    """
    try:
        convert = conversion(path.unit, prop.unit) if path.unit else _same
    except Skip as why:
        raise Skip(why.reason, f"{where}: {why}") from why

    def read(said: Any) -> float | None:
        unit = None
        if isinstance(said, dict):
            said, unit = _parts(said, where)
        for word in _words(said) if path.values else ():
            if word in path.values:
                return path.values[word]
        if said is None:
            return None
        if isinstance(said, str):
            said, told = _number_and_unit(said, path, where)
            unit = told or unit
        number = _number(said, prop, where) * path.scale + path.offset
        return bounded(_converted(number, unit, prop, where) if unit else convert(number), where)

    return read


def _same(value: float) -> float:
    return value


def _parts(said: dict[str, Any], where: str) -> tuple[Any, str | None]:
    if "value" not in said:
        raise Skip("value_type", f"{where}: an object without value is not a number")
    unit = said.get("unit") or None
    if unit is not None and not isinstance(unit, str):
        raise Skip("unit", f"{where}: its unit is {type(unit).__name__}, not text")
    return said["value"], unit


def _words(said: Any) -> tuple[str, ...]:
    """How a mapping may have written it: 1.0 is also 1, and so is true."""
    if isinstance(said, bool):
        return ("true", "1") if said else ("false", "0")
    if isinstance(said, float) and said.is_integer():
        return str(said), str(int(said))
    return (said if isinstance(said, str) else str(said),)


def _number_and_unit(said: str, path: Path, where: str) -> tuple[float, str]:
    pattern = _COMMA if path.decimal == "," else _POINT
    match = pattern.fullmatch(said) if len(said) <= _TEXT_MAX else None
    if match is None:
        raise Skip("value_type", f"{where}: {said[:40]!r} is not a number")
    return float(match[1].replace(",", ".")), match[2]


def _number(said: Any, prop: Property, where: str) -> float:
    if isinstance(said, bool) and prop.unit != "1":
        raise Skip("value_type", f"{where}: {said} is no value in {prop.unit}")
    if not isinstance(said, int | float):
        raise Skip("value_type", f"{where}: {type(said).__name__} is not a number")
    try:
        return float(said)
    except OverflowError:
        return math.inf


def _converted(number: float, unit: str, prop: Property, where: str) -> float:
    try:
        return conversion(unit, prop.unit)(number)
    except Skip as why:
        raise Skip(
            why.reason, f"{where}: {why}; or map the number alone and say its unit in the mapping"
        ) from why


def bounded(number: float, where: str) -> float:
    """A number that can be a measure.

    Raises:
        Skip: ``value_bounds``: beyond 1e15, infinite, or none.
    """
    if not math.isfinite(number) or abs(number) > VALUE_MAX:
        raise Skip("value_bounds", f"{where}: {number!r} is beyond {VALUE_MAX:g}")
    return number
