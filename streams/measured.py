"""What frames measured, as samples: what is missing or no number is NaN."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from streams.applicable import Key
from streams.quality import SECOND
from streams.samples import FRAME, GATEWAYS, ROW, Frames, Rows, number, short

Frame = Mapping[str, Any]

NO_VALUE: Key = ("", "")
"""The series of the frames that hold no value, so that a copy of one is known for what it is."""


def measured(frame: Frame) -> dict[Key, dict[int, float]]:
    """The values of a frame by series and instant (UTC microseconds); of two that it has of the
    same instant the first."""
    values: dict[Key, dict[int, float]] = {}
    for m in frame["measures"]:
        at = frame["observed_at"] if m["observed_at"] is None else m["observed_at"]
        values.setdefault((m["property"], m["channel"]), {}).setdefault(at, _number(m["value"]))
    return values or {NO_VALUE: {frame["observed_at"]: math.nan}}


def heads(frames: Sequence[Frame]) -> Rows:
    """Of each frame a row that lacks its instant and its value."""
    rows = _named(frames, ROW)
    rows["codec"] = [frame["codec_hash"] for frame in frames]
    rows["size"] = [whole(frame["payload_size"]) for frame in frames]
    rows["offset"] = [_offset(frame) for frame in frames]
    return rows


def frames(contents: Sequence[Frame]) -> Frames:
    """Of each frame the row of the frame itself, whatever it carries."""
    rows = _named(contents, FRAME)
    rows["at"] = [frame["observed_at"] for frame in contents]
    rows["session"] = [number(frame["session"]) for frame in contents]
    rows["network"] = [short(frame["network"]) for frame in contents]
    rows["gateways"] = [_gateways(frame) for frame in contents]
    return rows


def _named(frames: Sequence[Frame], kind: np.dtype[np.void]) -> NDArray[np.void]:
    """A row a frame, with what tells it from others and from its copies."""
    rows = np.zeros(len(frames), kind)
    rows["frame"] = [frame["frame_id"] for frame in frames]
    rows["version"] = [frame["decode_version"] for frame in frames]
    rows["arrival"] = [frame["arrival"] for frame in frames]
    rows["counter"] = [whole(frame["counter"]) for frame in frames]
    return rows


def _gateways(frame: Frame) -> list[int]:
    found = [short(name) for name in heard_by(frame)]
    return found + [0] * (GATEWAYS - len(found))


def heard_by(frame: Frame) -> tuple[str, ...]:
    """The gateways that heard a frame, as many as are kept of it."""
    return tuple((frame["radio"] or {}).get("gateways", ())[:GATEWAYS])


def samples(frames: Rows, of: ArrayLike, at: ArrayLike, value: ArrayLike) -> Rows:
    """Rows of values; ``of`` are the places of their frames among the ``heads``."""
    rows = frames[np.asarray(of, np.intp)]
    rows["at"], rows["value"] = at, value
    return rows


def whole(number: int | None) -> int:
    """A number that is no number where there is none: -1."""
    return -1 if number is None else number


def _number(value: float | None) -> float:
    return math.nan if value is None or not math.isfinite(value) else value


def _offset(frame: Frame) -> float:
    clock = frame["device_time"]
    return math.nan if clock is None else (clock - frame["observed_at"]) / SECOND
