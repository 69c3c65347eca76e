"""What decode would refuse is refused before it is sent."""

from datetime import UTC, datetime
from typing import Any

import pytest

from connectors.files.fitness import fitness
from streams.errors import Skip
from streams.inventory import Codec, Device, Erasure, Path, Property, Source, micros
from streams.registry import Registry
from streams.uplinks import UNTIMED, Event

NOW = 1_790_000_000_000_000
SOURCE = Source(id="s", network="csv")
LEVEL = Property(id="level", title_fr="Niveau", title_en="Level", unit="m", resolution=0.01)


def declared(**codec: Any) -> Registry:
    mapping = (Path(path="Niv. eau", property="level"),)
    return (
        Registry()
        .having("property", "level", LEVEL)
        .having("codec", "c", Codec(id="c", mapping=mapping, **(codec or {"decoded": True})))
        .having(
            "device", "d", Device(id="d", name="d", codec="c", use_case="u", nominal_period=900)
        )
    )


def event(decoded: dict[str, Any], device: str = "d", at: int = NOW) -> Event:
    return Event("uplink", device, "x", at, decoded=decoded)


def reason(told: Event, registry: Registry) -> str | None:
    try:
        fitness(lambda: registry)(told, SOURCE, NOW)
    except Skip as why:
        return why.reason
    return None


@pytest.mark.parametrize("value", [0, 1.5, None, "1.5 m", "12 cm"])
def test_a_row_that_can_be_used_passes(value: object) -> None:
    assert reason(event({"Niv. eau": value}), declared()) is None


@pytest.mark.parametrize(
    ("told", "why"),
    [
        (event({"Niv. eau": 1}, device="e"), "unknown_device"),
        (event({"Niv. eau": 1}, at=NOW + 3_600_000_001), "future"),
        (event({"Niv. eau": 1}, at=1), "past"),
        (event({"Niv. eau": 1}, at=UNTIMED), "no_time"),
        (event({"Niv. eau": "high"}), "value_type"),
        (event({"Niv. eau": "3 s"}), "unit"),
        (event({"Niveau": 1}), "nothing_mapped"),
        (Event("join", "d", "x", 1), "past"),
    ],
)
def test_what_decode_would_refuse_is_refused(told: Event, why: str) -> None:
    assert reason(told, declared()) == why


def test_a_codec_that_reads_bytes_reads_no_row() -> None:
    assert reason(event({"Niv. eau": 1}), declared(script="x")) == "no_payload"
    payload = Event("uplink", "d", "x", NOW, payload=b"\1")
    assert reason(payload, declared(script="x")) is None


def test_what_was_erased_does_not_come_back_with_an_old_file() -> None:
    span = {"from": "2026-09-01T00:00:00Z", "to": "2026-10-01T00:00:00Z"}
    gone = Erasure.model_validate({"id": "e", "device": "d", "reason": "asked"} | span)
    registry = declared().having("erasure", "e", gone)
    assert reason(event({"Niv. eau": 1}), registry) == "erased"
    august = micros(datetime(2026, 8, 1, tzinfo=UTC))
    assert reason(event({"Niv. eau": 1}, at=august), registry) is None


def test_a_change_of_what_is_declared_counts_at_once() -> None:
    registry = Registry()
    fit = fitness(lambda: registry)
    with pytest.raises(Skip, match="d is not declared"):
        fit(event({"Niv. eau": 1}), SOURCE, NOW)
    registry = declared()
    fit(event({"Niv. eau": 1}), SOURCE, NOW)
