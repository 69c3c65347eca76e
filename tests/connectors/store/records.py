"""Records as the workers send them, for the tests of the store."""

from typing import Any

MINUTE = 60_000_000
START = 1_790_000_000_000_000 // (15 * MINUTE) * 15 * MINUTE
"""A window's start in September 2026, UTC microseconds."""


def observation(
    device: str = "A", at: int = START, revision: int = 1, **other: Any
) -> dict[str, Any]:
    """A good sample of a fill level."""
    return {
        "device": device,
        "property": "fill_level",
        "channel": "",
        "observed_at": at,
        "revision": revision,
        "is_deleted": False,
        "frame_id": b"0123456789abcdef",
        "arrival": at + 1_000_000,
        "raw": 41.96,
        "value": 42.0,
        "unit": "%",
        "flag": 1,
        "tests": {"gross_range": 1, "spike": 2},
        "provisional": True,
        "calibrations": ["c1", "c2"],
        "config_version": -5,
        "decode_version": 0,
        "codec_hash": 7,
    } | other


def window(
    device: str = "A", start: int = START, revision: int = 1, **other: Any
) -> dict[str, Any]:
    """A quarter of an hour with one level of 60 dB(A)."""
    return {
        "device": device,
        "property": "sound_level",
        "channel": "",
        "start": start,
        "duration": 900,
        "revision": revision,
        "is_deleted": False,
        "good": 1,
        "unknown": 0,
        "suspect": 0,
        "fail": 0,
        "missing": 0,
        "total": 60.0,
        "squares": 3600.0,
        "least": 60.0,
        "greatest": 60.0,
        "first": 60.0,
        "last": 60.0,
        "energy": 900e6,
        "exposure": 900.0,
        "config_version": -5,
    } | other


def declaration(kind: str, object_id: str, body: str) -> dict[str, Any]:
    """An object of the inventory as it is declared."""
    return {
        "kind": kind,
        "id": object_id,
        "sequence": START,
        "declared_at": START,
        "author": "test",
        "body": body,
    }


def device_event(device: str = "A", at: int = START, **other: Any) -> dict[str, Any]:
    """A battery's level, as the network server has it."""
    return {
        "event_id": b"0123456789abcdef",
        "device": device,
        "source": "tts",
        "network": "tts",
        "request_id": "r1",
        "kind": "status",
        "observed_at": at,
        "arrival": at + 1_000_000,
        "session": None,
        "counter": 0,
        "details": '{"external": false}',
        "measures": {"battery_level": 0.0},
    } | other
