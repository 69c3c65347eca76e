"""SenML in JSON: sensors that speak for themselves, over NB-IoT or from a logger.

The base name is the device, names below it are its values: one event for each instant of a
device, its values in ``decoded``. Where there is no base name, a name is a device; a value without
a name of its own is ``value``. A sum stands under the name followed by ``#sum``, which no name can
contain.

Source: RFC 8428, sections 4.1 to 4.6 and 12.3.
"""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from hashlib import sha256
from json import dumps
from typing import Any

from connectors import json_fields as fields
from connectors.named_device import named
from connectors.shared_secret import authentic
from streams.bounded_json import loads
from streams.errors import Skip
from streams.uplinks import UNTIMED, Event, Network

_VERSION = 10
_RECORDS_MAX = 10_000
_ABSOLUTE = 1 << 28
_YEAR_10000 = 253_402_300_800
_NAMELESS = "value"
_VALUES = ("v", "vs", "vb", "vd")
_BASE = frozenset({"bn", "bt", "bu", "bv", "bs", "bver"})


@dataclass(frozen=True, slots=True)
class _Value:
    device: str
    at: int
    name: str
    value: Any


def events(body: bytes, query: Mapping[str, str]) -> Sequence[Event]:
    """One event for each device and instant, in the order of the pack.

    The key of deduplication is the device, the instant and the values. Two values of one name at
    one instant are two events: which of them counts is not for a format to say.

    Raises:
        Skip: ``not_json``, ``no_device``, ``malformed``, ``no_time``: a time before 2**28 is
            relative to an arrival that a format does not know, but for 0, which is that arrival.
    """
    pack = loads(body)
    if not isinstance(pack, list) or not pack:
        raise Skip("not_json", "a SenML pack is an array of at least one record")
    if len(pack) > _RECORDS_MAX:
        raise Skip("malformed", f"more than {_RECORDS_MAX} records: send several packs")
    found = [_event(device, at, values) for (device, at), values in _grouped(_resolved(pack))]
    if not found:
        raise Skip("malformed", "the pack has base fields only, no value")
    return found


def _grouped(values: Iterable[_Value]) -> Iterator[tuple[tuple[str, int], Mapping[str, Any]]]:
    groups: dict[tuple[str, int], list[dict[str, Any]]] = {}
    for found in values:
        events = groups.setdefault((found.device, found.at), [{}])
        if found.name in events[-1]:
            events.append({})
        events[-1][found.name] = found.value
    for key, events in groups.items():
        yield from ((key, event) for event in events)


def _event(device: str, at: int, values: Mapping[str, Any]) -> Event:
    content = sha256(dumps(values, sort_keys=True).encode()).hexdigest()
    return Event("uplink", device, f"{device}/{at}/{content}", at, decoded=values)


def _resolved(pack: Sequence[Any]) -> Iterator[_Value]:
    """Section 4.6: each base field holds until another one takes its place."""
    base: dict[str, Any] = {}
    for record in pack:
        if not isinstance(record, dict):
            raise Skip("malformed", "a SenML record is an object")
        _understood(record)
        base.update((name, record[name]) for name in _BASE & record.keys())
        if record.keys() <= _BASE:
            continue
        device, name = _named(base.get("bn", ""), record.get("n", ""))
        at = _instant(base.get("bt", 0), record.get("t", 0))
        for suffix, value in _values(base, record):
            yield _Value(device, at, (name or _NAMELESS) + suffix, value)


def _understood(record: Mapping[str, Any]) -> None:
    """Section 4.4: what must be understood and is not ends the reading."""
    version = record.get("bver", _VERSION)
    if isinstance(version, bool) or not isinstance(version, int) or version > _VERSION:
        raise Skip("malformed", f"bver must be a whole number of at most {_VERSION}")
    if any(name.endswith("_") for name in record):
        raise Skip("malformed", "a field whose name ends in _ must be understood, and is not")


def _named(bn: Any, name: Any) -> tuple[str, str]:
    if not isinstance(name, str):
        raise Skip("malformed", "n must be a text")
    return (_device(bn), name) if bn != "" else (_device(name), "")


def _device(bn: Any) -> str:
    """The base name without what parts it from the names below; a DevEUI in its one form."""
    name = fields.own_id(bn.rstrip(":/") if isinstance(bn, str) else bn, "bn")
    try:
        return fields.dev_eui(name)
    except Skip:
        return name


def _instant(base: Any, time: Any) -> int:
    """UTC microseconds of base time and time, both in seconds; what is finer is cut off. Without
    either, or with zero, it is now (section 4.5.3): when the pack arrives."""
    at = _decimal(base, "bt") + _decimal(time, "t")
    if at == 0:
        return UNTIMED
    if not _ABSOLUTE <= at < _YEAR_10000:
        raise Skip("no_time", "the time is relative or beyond 9999: send bt, in seconds since 1970")
    return int(at * 1_000_000)


def _values(base: Mapping[str, Any], record: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    present = [name for name in _VALUES if name in record]
    if len(present) + ("s" in record) == 0 or len(present) > 1:
        raise Skip("malformed", "a record has one of v, vs, vb and vd, or s")
    if "s" in record:
        yield "#sum", _sum(record["s"], base.get("bs"), "s")
    if present == ["v"]:
        yield "", _sum(record["v"], base.get("bv"), "v")
    elif present:
        value = record[present[0]]
        if not isinstance(value, bool if present == ["vb"] else str):
            raise Skip("malformed", f"{present[0]} has a value of another type")
        yield "", value


def _sum(value: Any, base: Any, name: str) -> Any:
    """The value itself, or with its base the nearest number to the exact sum."""
    exact = _decimal(value, name)
    if base is None:
        return value
    found = float(exact + _decimal(base, f"b{name}"))
    if not math.isfinite(found):
        raise Skip("malformed", f"{name} with its base value is beyond all bounds")
    return found


def _decimal(value: Any, name: str) -> Decimal:
    number = math.nan if isinstance(value, str) else fields.number(value, math.nan)
    if isinstance(value, bool) or number is None or not math.isfinite(number):
        raise Skip("malformed", f"{name} must be a number")
    return Decimal(repr(value))


SENML = Network(
    "senml",
    authentic,
    events,
    media=frozenset({"application/senml+json", "application/json"}),
    device=named("bn"),
)
