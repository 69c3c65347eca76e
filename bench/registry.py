"""A registry of fifty thousand objects: read as a worker reads it at its start, and checked.

The ceiling is the parsing of the same bodies as JSON alone.
"""

import json
import time
from collections.abc import Iterator

import psutil

from streams.inventory import (
    Calibration,
    Codec,
    Declared,
    Deployment,
    Device,
    Path,
    Profile,
    Property,
    UseCase,
)
from streams.inventory.coherence import faults
from streams.registry import Registry, declaration
from streams.wire import RECORDS, Wire

DEVICES = 10_000
HORIZON = 48 * 3_600_000_000
_WIRE = Wire({name: i for i, name in enumerate(RECORDS, 1)}, lambda _: "")


def _objects() -> Iterator[tuple[str, Declared]]:
    yield "use_case", UseCase(id="u", title_fr="u", title_en="u")
    yield "property", Property(id="p", title_fr="p", title_en="p", unit="%", resolution=0.1)
    yield "codec", Codec(id="c", script="x", mapping=(Path(path="l", property="p"),))
    yield "profile", Profile(id="f", property="p", tests={"gross_range": {"fail": [0, 100]}})
    for i in range(DEVICES):
        name = f"{i:016X}"
        yield "device", Device(id=name, name=name, codec="c", use_case="u", nominal_period=900)
        place = {"site": name, "commune": "13201", "latitude": 43.2, "longitude": 5.3}
        yield "deployment", Deployment.model_validate({"id": name, "device": name} | place)
        for year in (2024, 2025, 2026):
            dates = {"from": f"{year}-01-01T00:00:00Z", "to": f"{year + 1}-01-01T00:00:00Z"}
            linear = {"device": name, "property": "p", "kind": "linear", "params": {"a": 1, "b": 2}}
            body = {"id": f"{name}-{year}"} | linear | dates
            yield "calibration", Calibration.model_validate(body)


def _message(kind: str, declared: Declared) -> tuple[bytes, bytes, str]:
    body = declared.model_dump_json(by_alias=True, exclude_none=True)
    said = {"kind": kind, "id": declared.id, "sequence": 1, "declared_at": 1, "body": body}
    return f"{kind}/{declared.id}".encode(), _WIRE.encode("Declaration", said), body


def run() -> dict[str, float]:
    """``rate`` and ``ceiling`` in objects a second; seconds to read, to take one more change, and
    to check all of them; ``rss_mib`` of this process."""
    messages = [_message(kind, one) for kind, one in _objects()]
    start = time.perf_counter()
    changes = [declaration(key, value, _WIRE)[0] for key, value, _ in messages]
    registry = Registry().after(changes)
    read = time.perf_counter() - start
    start = time.perf_counter()
    registry = registry.after(changes[-1:])
    once = time.perf_counter() - start
    start = time.perf_counter()
    found = list(faults(registry, [(kind, name) for kind, name, _ in changes], HORIZON))
    checked = time.perf_counter() - start
    start = time.perf_counter()
    for _, _, body in messages:
        json.loads(body)
    ceiling = len(messages) / (time.perf_counter() - start)
    return {
        "objects": len(messages),
        "faults": len(found),
        "rate": round(len(messages) / read),
        "ceiling": round(ceiling),
        "ratio": round(len(messages) / read / ceiling, 4),
        "read_s": round(read, 2),
        "change_s": round(once, 5),
        "check_s": round(checked, 2),
        "rss_mib": round(psutil.Process().memory_info().rss / 2**20),
    }
