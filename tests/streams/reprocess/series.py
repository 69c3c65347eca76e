"""Series of one device, and what is declared about them."""

from random import Random
from typing import Any

import numpy as np

from streams.samples import ROW, Rows

SECOND = 1_000_000
SINCE = 1_790_812_800 * SECOND
"""2026-10-01, UTC: a month begins."""

DEVICE = "D"
Item = tuple[str, dict[str, Any]]


def prop(name: str, kind: str = "instantaneous") -> Item:
    unit = {"id": name, "title_fr": name, "title_en": name, "unit": "1", "resolution": 0.1}
    return "property", unit | {"kind": kind}


def device(name: str = DEVICE, **more: Any) -> Item:
    said = {"id": name, "name": name, "codec": "c", "use_case": "u", "nominal_period": 600.0}
    return "device", said | more


def linear(name: str, **more: Any) -> Item:
    said = {"id": f"l-{name}", "device": DEVICE, "property": name, "kind": "linear"}
    return "calibration", said | {"params": {"a": 1.0, "b": 1.1}} | more


def taking(name: str, by: str, tolerance: float = 600.0) -> Item:
    """A calibration of ``name`` that adds a part of the usable values of ``by``."""
    params = {"slope": 1.0, "temperature": 0.5, "temperature_property": by, "tolerance": tolerance}
    said = {"id": f"t-{name}", "device": DEVICE, "property": name, "kind": "multilinear"}
    return "calibration", said | {"stage": "environment", "params": params}


def history(rng: Random, size: int, seconds: int) -> Rows:
    """Samples at any instants from ``SINCE`` on, some of them missing, some all alike."""
    rows = np.zeros(size, ROW)
    rows["at"] = SINCE + np.array(sorted(rng.sample(range(seconds * 4), size))) * (SECOND // 4)
    rows["arrival"] = rows["at"] + SECOND
    rows["value"] = [_value(rng) for _ in range(size)]
    rows["frame"] = [b"%d" % i for i in range(1, size + 1)]
    rows["counter"], rows["size"], rows["offset"] = -1, -1, np.nan
    return rows


def _value(rng: Random) -> float:
    if rng.random() < 0.05:
        return float("nan")
    return 20.0 if rng.random() < 0.5 else rng.uniform(0.0, 40.0)
