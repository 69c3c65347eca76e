"""What is told with an uplink is tested live: its payload's size and the device's own clock."""

from typing import Any

import pytest

from streams.handler import Record
from streams.inventory import Codec, Path, Profile
from streams.observe import observe
from streams.registry import Declarations
from streams.topics import OBSERVATIONS, READINGS
from streams.uplinks import Event
from tests.streams.test_decode import EUI, NOW, WIRE, declared, frames, judged

_CLOCK = {"clock": {}, "syntax": {"sizes": [2]}}
_MAPPING = (Path(path="level", property="fill_level", time="at", time_unit="s"),)
_CODEC = Codec(id="gauge", decoded=True, mapping=_MAPPING)
REGISTRY = (
    declared()
    .having("codec", "gauge", _CODEC)
    .having("profile", "f", Profile(id="f", property="fill_level", tests=_CLOCK))
)


def rows(data: dict[str, Any], payload: bytes | None) -> list[dict[str, Any]]:
    """What observe says of what decode made of one uplink."""
    event = Event("uplink", EUI, "1", NOW, payload=payload, decoded=data)
    read = [o for o in judged(REGISTRY, event).outputs if o.topic is READINGS]
    same = Declarations(lambda: REGISTRY, lambda: REGISTRY)
    handler = observe(WIRE, same, 48 * 3_600_000_000)
    records = [Record("readings", 0, i, o.key, o.value) for i, o in enumerate(read)]
    effects, _ = handler.handle(handler.empty(), 0, records)
    return [WIRE.decode(o.value)[1] for o in effects.outputs if o.topic is OBSERVATIONS]


@pytest.mark.parametrize(
    ("ahead", "flag"), [(0, 1), (-300, 1), (301, 3), (-301, 3), (4000, 3), (-NOW // 1_000_000, 3)]
)
def test_a_clock_that_is_wrong_is_suspect_and_one_that_cannot_be_true_dates_nothing(
    ahead: int, flag: int
) -> None:
    (row,) = rows({"level": 40, "at": NOW // 1_000_000 + ahead}, b"ab")
    assert row["tests"] == {"clock": flag, "syntax": 1}
    assert row["flag"] == flag
    assert row["clock_offset"] == ahead
    believed = ahead in (0, -300, 301, -301)
    assert row["observed_at"] == NOW + (ahead * 1_000_000 if believed else 0)


@pytest.mark.parametrize(("payload", "flag"), [(b"ab", 1), (b"abc", 4), (None, 2)])
def test_a_payload_of_another_size_fails(payload: bytes | None, flag: int) -> None:
    (row,) = rows({"level": 40}, payload)
    assert row["tests"] == {"clock": 2, "syntax": flag}
    assert row["payload_size"] == (None if payload is None else len(payload))
    assert row["clock_offset"] is None


def test_a_frame_tells_the_latest_of_the_device_s_times() -> None:
    event = Event("uplink", EUI, "1", NOW, decoded={"level": 40, "at": 7})
    (frame,) = frames(judged(REGISTRY, event))
    assert frame["device_time"] == 7_000_000
