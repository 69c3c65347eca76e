"""What is not as the oracle has it, row by row and field by field."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

ENERGY = 1e-12
"""Relative: a power of ten may be rounded differently by another libm; all else is exact."""

VECTOR = 1e-9
"""Absolute, for each window's sines and cosines: π is rounded."""


def differences(expected: Mapping[Any, Any], actual: Mapping[Any, Mapping[str, Any]]) -> list[str]:
    """One line each: a row too few, a row too many, or a field that differs.

    ``expected`` holds rows of the oracle, ``actual`` mappings that have at least their fields.
    """
    lines = [f"missing row {key}" for key in sorted(expected.keys() - actual.keys())]
    lines += [f"row too many {key}" for key in sorted(actual.keys() - expected.keys())]
    for key in sorted(expected.keys() & actual.keys()):
        for name, wanted in asdict(expected[key]).items():
            found = actual[key][name]
            if not _equal(name, wanted, found):
                lines.append(f"{key} {name}: {found!r} instead of {wanted!r}")
    return lines


def _equal(name: str, wanted: Any, found: Any) -> bool:
    if isinstance(wanted, tuple):
        return list(wanted) == list(found)
    if name == "energy" and wanted is not None and found is not None:
        return bool(abs(wanted - found) <= ENERGY * wanted)
    if name in ("sines", "cosines") and wanted is not None and found is not None:
        return bool(abs(wanted - found) <= VECTOR)
    return bool(wanted == found) and type(wanted) is type(found)
