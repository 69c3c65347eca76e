"""The job that every contender does, said once more in plain Python, a reading at a time.

Calibrate, test the range, the rate of change and the flat line, add up a window of a quarter of
an hour; in the order of arrival and without ever looking back: what others' engines do. It
imports nothing of vigie, so that it is also what vigie's own outputs are compared with.
"""

import io
import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import fastavro

SECOND = 1_000_000
PERIOD = 60
"""Seconds between two readings of a series."""
START = 1_790_000_000 // 86_400 * 86_400 * SECOND
FAIL, SUSPECT = (-40.0, 60.0), (-20.0, 50.0)
RATE_SUSPECT, RATE_FAIL, MAX_GAP = 300.0, 600.0, 2.5 * PERIOD
FLAT_SUSPECT, FLAT_FAIL, TOLERANCE = 4 * PERIOD, 5 * PERIOD, 0.05
WINDOW = 900 * SECOND

State = dict[str, Any]
Content = dict[str, Any]


def calibration(device: str) -> tuple[float, float]:
    """a and b of a device's straight line."""
    number = int(device, 16)
    return (number % 7) / 10, 1.0 + (number % 11) / 100


def judge(state: State, device: str, at: int, raw: float) -> tuple[float, int]:
    """Value and flag; ``state`` remembers the readings of the longest look-back."""
    a, b = calibration(device)
    value = math.floor((a + b * raw) * 100.0 + 0.5) / 100.0
    recent = [(t, v) for t, v in state.get("recent", ()) if t > at - FLAT_FAIL * SECOND]
    flags = [_range(value), _rate(recent, at, value), _flat([*recent, (at, value)], at)]
    state["recent"] = [*recent, (at, value)]
    return value, max(flags, key=(9, 2, 1, 3, 4).index)


def _range(value: float) -> int:
    if not FAIL[0] <= value <= FAIL[1]:
        return 4
    return 1 if SUSPECT[0] <= value <= SUSPECT[1] else 3


def _rate(recent: list[tuple[int, float]], at: int, value: float) -> int:
    if not recent or at - recent[-1][0] > MAX_GAP * SECOND:
        return 2
    rate = abs(value - recent[-1][1]) / ((at - recent[-1][0]) / (3600 * SECOND))
    return 4 if rate > RATE_FAIL else 3 if rate > RATE_SUSPECT else 1


def _flat(recent: list[tuple[int, float]], at: int) -> int:
    flag = 2
    for length, code in ((FLAT_SUSPECT, 3), (FLAT_FAIL, 4)):
        within = [(t, v) for t, v in recent if t > at - length * SECOND]
        if 10 * (at - within[0][0]) >= 9 * length * SECOND:
            flag = 1 if flag == 2 else flag
            values = [v for _, v in within]
            flag = code if max(values) - min(values) < TOLERANCE else flag
    return flag


def window(state: State, at: int, value: float, flag: int) -> Content | None:
    """Add to the open window; the one before it, once a reading lies behind its end."""
    start = at - at % WINDOW
    open_ = state.get("window")
    closed = None
    if open_ is None or open_["start"] < start:
        closed = open_
        zero = {"good": 0, "unknown": 0, "suspect": 0, "fail": 0, "total": 0.0, "squares": 0.0}
        open_ = {"start": start, "least": None, "greatest": None, **zero}
    open_[{1: "good", 2: "unknown", 3: "suspect", 4: "fail"}[flag]] += 1
    if flag <= 2:
        open_["total"] += value
        open_["squares"] += value * value
        open_["least"] = value if open_["least"] is None else min(open_["least"], value)
        open_["greatest"] = value if open_["greatest"] is None else max(open_["greatest"], value)
    state["window"] = open_
    return closed


class Codec:
    """The wire for those who have nothing of vigie: magic byte, schema id, Avro."""

    def __init__(self, ids: dict[str, int]) -> None:
        self._ids = ids
        folder = Path(__file__).parents[2] / "avro"
        self._schemas = {
            name: fastavro.parse_schema(_bare(json.loads((folder / f"{name}.avsc").read_text())))
            for name in ("frame", "observation", "window")
        }

    def decode(self, message: bytes) -> Content:
        """A reading."""
        schema = self._schemas["frame"]
        content: Content = fastavro.schemaless_reader(io.BytesIO(message[5:]), schema, schema)
        return content

    def encode(self, name: str, content: Content) -> bytes:
        """A message of an ``observation`` or a ``window``."""
        out = io.BytesIO(b"\0" + self._ids[name].to_bytes(4, "big"))
        out.seek(5)
        fastavro.schemaless_writer(out, self._schemas[name], content)
        return out.getvalue()


def _bare(node: Any) -> Any:
    if isinstance(node, list):
        return [_bare(item) for item in node]
    if isinstance(node, dict):
        return {k: _bare(v) for k, v in node.items() if k != "logicalType"}
    return node


def step(codec: Codec) -> Callable[[bytes, State], list[tuple[str, bytes]]]:
    """A reading's message and the state of its series, to the messages that follow from it."""

    def done(message: bytes, state: State) -> list[tuple[str, bytes]]:
        frame = codec.decode(message)
        at, device = frame["observed_at"], frame["device"]
        measure = frame["measures"][0]
        value, flag = judge(state, device, at, measure["value"])
        series = {"device": device, "property": measure["property"], "channel": ""}
        said = {"observed_at": at, "raw": measure["value"], "value": value, "flag": flag}
        kept = {k: frame[k] for k in ("frame_id", "arrival", "decode_version", "codec_hash")}
        out = [("observations", codec.encode("observation", series | said | kept | _ROW))]
        if closed := window(state, at, value, flag):
            out.append(("windows", codec.encode("window", series | closed | _WINDOW)))
        return out

    return done


_ROW = {"revision": 1, "unit": "Cel", "calibrations": ["c"], "config_version": 1, "tests": {}}
_WINDOW = {"revision": 1, "duration": 900, "missing": 0, "config_version": 1}
