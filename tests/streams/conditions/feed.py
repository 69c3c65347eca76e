"""One partition of ``observe`` and what it says of conditions, driven without a server."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from streams.handler import Record
from streams.observe import observe
from streams.registry import Declarations, Registry
from streams.topics import CONDITIONS
from tests.agreement.core import WIRE, declared, registry

SECOND = 1_000_000
HOUR = 3600 * SECOND
MINUTE = 60 * SECOND
DAY = 24 * HOUR
HORIZON = 2 * DAY
START = 20_500 * DAY
PERIOD = 900

Found = dict[tuple[str, str, str, str, int], tuple[int | None, int, str, tuple[str, ...]]]
"""By device, kind, property, channel and opening: closing, level, reason, gateways."""

PROPERTIES = ("level", "humidity", "battery_level")


def city(
    profile: Mapping[str, Any] | None = None,
    conditions: Mapping[str, Any] | None = None,
    period: float = PERIOD,
    devices: Sequence[str] = ("D",),
    more: Iterable[tuple[str, Mapping[str, Any]]] = (),
) -> Registry:
    """Devices whose level is not tested but as ``profile`` says; a profile of its conditions."""
    items: list[tuple[str, Mapping[str, Any]]] = [
        ("property", {"id": p, "title_fr": p, "title_en": p, "unit": "m", "resolution": 0.01})
        for p in PROPERTIES
    ]
    for name in devices:
        device = {"id": name, "name": name, "codec": "c", "use_case": "u"}
        own = {"nominal_period": period, "conditions": conditions or {}}
        items.append(("device", device | own))
    for p in PROPERTIES:
        items.append(("profile", {"id": p, "property": p, "tests": {}}))
    own_tests: dict[str, Any] = {"id": "level", "property": "level", "tests": {}}
    items.append(("profile", {**own_tests, **(profile or {})}))
    return registry(declared([*items, *more]))


def frame(
    at: int,
    level: float | None = 1.0,
    device: str = "D",
    arrival: int | None = None,
    counter: int | None = None,
    gateways: Sequence[str] = (),
    **more: Any,
) -> Record:
    """A frame that the network received at an instant, with a level, and what else is given."""
    values = {"level": level, **more.pop("values", {})}
    content = {
        "frame_id": (at // SECOND).to_bytes(8, "big") + device.encode().ljust(8, b"\1")[:8],
        "device": device,
        "source": "s",
        "network": "tts",
        "request_id": "r",
        "observed_at": at,
        "arrival": at if arrival is None else arrival,
        "decode_version": 0,
        "codec": "c",
        "codec_hash": 1,
        "counter": counter,
        "session": None,
        "port": 1,
        "radio": {"gateways": list(gateways)} if gateways else None,
        "measures": [
            {"property": name, "channel": "", "observed_at": None, "value": value, "unit": "m"}
            for name, value in values.items()
            if value is not None
        ],
    } | more
    return Record("t", 0, 0, device.encode(), WIRE.encode("Frame", content), (), at // 1000)


def every(seconds: int, since: int, until: int, **more: Any) -> list[Record]:
    """A frame every so many seconds of ``[since, until)``."""
    return [frame(at, **more) for at in range(since, until, seconds * SECOND)]


class Worker:
    """One partition; ``found`` is what was said last and not withdrawn, ``told`` all messages."""

    def __init__(self, current: Registry, horizon: int = HORIZON, partitions: int = 1) -> None:
        self.current = current
        same = Declarations(lambda: self.current, lambda: self.current)
        self.handler = observe(WIRE, same, horizon, partitions)
        self.state = self.handler.empty()
        self.clock = 0
        self.kept: dict[bytes, bytes] = {}
        self.found: Found = {}
        self.told: list[dict[str, Any]] = []

    def run(self, *records: Record) -> "Worker":
        effects, self.clock = self.handler.handle(self.state, self.clock, records)
        for key, value in effects.state.items():
            if value is None:
                self.kept.pop(key, None)
            else:
                self.kept[key] = value
        for output in effects.outputs:
            if output.topic is CONDITIONS:
                name, record = WIRE.decode(output.value)
                if name == "Condition":
                    self._take(record)
        return self

    def _take(self, record: dict[str, Any]) -> None:
        self.told.append(record)
        fields = ("device", "kind", "property", "channel", "opened_at")
        name = tuple(record[f] for f in fields)
        rest = record["closed_at"], record["level"], record["reason"], tuple(record["gateways"])
        if record["withdrawn"]:
            del self.found[name]
        else:
            assert self.found.get(name) != rest, f"said again without a change: {record}"
            self.found[name] = rest

    def restart(self) -> "Worker":
        """Another worker takes over: what was stored is all that is left."""
        self.state = self.handler.empty()
        for key, value in self.kept.items():
            self.handler.restore(self.state, key, value)
        return self

    def of(self, kind: str, device: str = "D") -> list[tuple[int, int | None, int]]:
        """Opened, closed, level of a kind, in the order of time."""
        return sorted(
            (name[4], rest[0], rest[1])
            for name, rest in self.found.items()
            if name[:2] == (device, kind)
        )

    def reasons(self, kind: str) -> list[str]:
        """Why, in the order of opening."""
        return [rest[2] for name, rest in sorted(self.found.items()) if name[1] == kind]
