"""From what a codec says to observed properties: nothing is dropped in silence.

Zero and false are values, null is a missing one, a path that is not there says nothing.
"""

import json
import math
from collections.abc import Mapping
from functools import lru_cache
from hashlib import blake2b
from typing import Any

from streams.codecs.call import Outcome
from streams.errors import Skip
from streams.inventory import Codec, Path
from streams.registry import Registry

VALUE_MAX = 1e15
_MISSING = object()


def measures(codec: Codec, outcome: Outcome, registry: Registry) -> list[dict[str, Any]]:
    """The measures of a frame, as in ``frame.avsc``.

    Raises:
        Skip: the codec failed or reports errors, a property is not in the vocabulary, a value is
            no number or out of bounds.
    """
    if outcome.reason or outcome.errors:
        said = "; ".join(outcome.errors)
        raise Skip(outcome.reason or "codec_errors", f"codec {codec.id}: {said}")
    found = [(entry, _at(outcome.data, entry.path)) for entry in codec.mapping]
    return [_measure(codec, e, value, registry) for e, value in found if value is not _MISSING]


def _measure(codec: Codec, entry: Path, value: Any, registry: Registry) -> dict[str, Any]:
    prop = registry.get("property", entry.property)
    if prop is None:
        raise Skip(
            "unknown_property",
            f"codec {codec.id} maps {entry.path} to {entry.property!r}, which is not declared",
        )
    return {
        "property": entry.property,
        "channel": entry.channel,
        "observed_at": None,
        "value": _number(value, entry.scale, f"codec {codec.id}, {entry.path}"),
        "unit": prop.unit,
    }


def _at(data: Any, path: str) -> Any:
    for step in path.split("."):
        if not isinstance(data, Mapping) or step not in data:
            return _MISSING
        data = data[step]
    return data


def _number(value: Any, scale: float, where: str) -> float | None:
    if value is None:
        return None
    if not isinstance(value, int | float):
        raise Skip("value_type", f"{where}: {type(value).__name__} is not a number")
    try:
        number = float(value) * scale
    except OverflowError:
        number = math.inf
    if not math.isfinite(number) or abs(number) > VALUE_MAX:
        raise Skip("value_bounds", f"{where}: {number!r} is beyond {VALUE_MAX:g}")
    return number


@lru_cache(maxsize=4096)
def codec_hash(codec: Codec) -> int:
    """63 bits that identify a codec's script and mapping: on every value that it decoded."""
    content = json.dumps([codec.script, [m.model_dump() for m in codec.mapping]])
    return int.from_bytes(blake2b(content.encode(), digest_size=8).digest(), "big") >> 1
