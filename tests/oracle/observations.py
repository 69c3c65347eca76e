"""The observation rows that a set of frames must end in, whatever the order of their arrival."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.oracle.declared import SECOND, Declared, Frame, valid
from tests.oracle.qartod import Line, counter_index, flat_line, gross_range, row_flag, spike

Key = tuple[str, str, str, int]
"""Device, property, channel, observed_at."""

Series = tuple[str, str, str]


@dataclass(frozen=True)
class Row:
    """One row of the view ``observation``, but for revision, config version and codec hash."""

    frame_id: bytes
    arrival: int
    raw: float | None
    value: float | None
    unit: str
    flag: int
    tests: dict[str, int]
    provisional: bool
    calibrations: tuple[str, ...]
    decode_version: int


@dataclass
class _Sample:
    frame: Frame
    raw: float | None
    conflict: bool = False


def observations(frames: list[Frame], declared: Declared) -> dict[Key, Row]:
    """Every row, by key. The frames' samples lie within the live horizon of their arrival."""
    samples = _samples(_counting(frames))
    rows: dict[Key, Row] = {}
    for corrected in (False, True):
        of_turn = {k: s for k, s in samples.items() if _needs_others(k, declared) is corrected}
        values = {key: _value(key, sample, declared, rows) for key, sample in of_turn.items()}
        series: dict[Series, Line] = {}
        for key in sorted(of_turn):
            series.setdefault(key[:3], []).append((key[3], values[key].value))
        for name, line in series.items():
            for i, (at, _) in enumerate(line):
                key = (*name, at)
                rows[key] = _row(key, samples[key], values[key], line, i, declared)
    return rows


def _needs_others(key: Key, declared: Declared) -> bool:
    """Whether a calibration of the series takes other series; these are judged first, and none
    of them takes others itself."""
    return any(c["kind"] == "multilinear" for c in declared.calibrations if _of(c, key))


def _of(calibration: Mapping[str, Any], key: Key) -> bool:
    series = calibration["device"], calibration["property"], calibration.get("channel", "")
    return series == key[:3]


def _counting(frames: list[Frame]) -> list[Frame]:
    """Of the copies of a frame: the highest decode version, then the smallest arrival."""
    best: dict[bytes, Frame] = {}
    for frame in frames:
        known = best.setdefault(frame.frame_id, frame)
        newer = frame.decode_version > known.decode_version
        same = frame.decode_version == known.decode_version
        if newer or (same and frame.arrival < known.arrival):
            best[frame.frame_id] = frame
    return list(best.values())


def _samples(frames: list[Frame]) -> dict[Key, _Sample]:
    """Of two frames with the same sample the smaller id counts, and the row says so."""
    samples: dict[Key, _Sample] = {}
    for frame in frames:
        for m in frame.measures:
            at = frame.observed_at if m.observed_at is None else m.observed_at
            key = (frame.device, m.property, m.channel, at)
            raw = m.value if m.value is not None and math.isfinite(m.value) else None
            known = samples.get(key)
            if known is None:
                samples[key] = _Sample(frame, raw)
                continue
            if known.frame.frame_id == frame.frame_id:
                raise ValueError(f"one frame has the sample {key} twice")
            known.conflict = True
            if frame.frame_id < known.frame.frame_id:
                known.frame, known.raw = frame, raw
    return samples


@dataclass
class _Value:
    """The value, the calibrations that made it, whether one was used outside its range or wanted
    what the device did not measure then."""

    value: float | None
    used: tuple[str, ...] = ()
    outside: bool = False
    wanting: bool = False


def _value(key: Key, sample: _Sample, declared: Declared, rows: Mapping[Key, Row]) -> _Value:
    if sample.raw is None:
        return _Value(None)
    x: float | None = sample.raw
    found = _Value(None)
    for c in sorted(declared.calibrations, key=lambda c: (_STAGES[c.get("stage", "")], c["id"])):
        if not _of(c, key) or not valid(c, key[3]):
            continue
        if x is not None and c.get("range") is not None:
            low, high = c["range"]
            margin = 0.1 * (high - low)
            found.outside = found.outside or x < low - margin or x > high + margin
        before, x = x, _applied(x, c, key, rows)
        found.wanting = found.wanting or (before is not None and x is None)
        found.used += (str(c["id"]),)
    if x is not None:
        found.value = rounded(x, declared.properties[key[1]]["resolution"])
    return found


_STAGES = {"unit": 0, "linear": 1, "": 1, "environment": 2, "drift": 3}


def _applied(
    x: float | None, c: Mapping[str, Any], key: Key, rows: Mapping[Key, Row]
) -> float | None:
    """One calibration of one value; missing where what it takes is missing."""
    params = c["params"]
    if x is None:
        return None
    if c["kind"] == "linear":
        return float(params["a"] + params["b"] * x)
    if c["kind"] != "multilinear":
        raise ValueError(f"the oracle knows no calibration {c['kind']!r}")
    other = _nearest(key, params["temperature_property"], params["tolerance"] * SECOND, rows)
    if other is None:
        return None
    return float(params["intercept"] + params["slope"] * x + params["temperature"] * other)


def _nearest(key: Key, name: str, within: float, rows: Mapping[Key, Row]) -> float | None:
    """The usable value of another property that is nearest in time; of two, the earlier."""
    device, _, channel, at = key
    series = {k[:3] for k in rows}
    of = next((s for s in ((device, name, channel), (device, name, "")) if s in series), None)
    near = [
        (abs(k[3] - at), k[3], row.value)
        for k, row in rows.items()
        if k[:3] == of and row.value is not None and row.flag in (1, 2)
    ]
    near = [one for one in near if one[0] <= within]
    return min(near)[2] if near else None


def rounded(x: float, resolution: float) -> float:
    """``x`` to a tenth of ``resolution`` (a power of ten), halves upwards."""
    decimals = max(0, round(-math.log10(resolution / 10)))
    scale = 10.0**decimals
    return math.floor(x * scale + 0.5) / scale


def _row(
    key: Key,
    sample: _Sample,
    value: _Value,
    line: list[tuple[int, float | None]],
    i: int,
    declared: Declared,
) -> Row:
    tests, provisional = _tests(key, value.value, line, i, declared)
    said = {
        "calibration_range": 3 * value.outside,
        "calibration_input": 2 * value.wanting,
        "duplicate_conflict": 3 * sample.conflict,
        "maintenance": _maintenance(key, declared),
    }
    tests |= {name: flag for name, flag in said.items() if flag}
    flag, verdict = row_flag(list(tests.values())), _verdict(key, declared)
    if verdict:
        flag = tests["verdict"] = verdict
    frame = sample.frame
    return Row(
        frame_id=frame.frame_id,
        arrival=frame.arrival,
        raw=sample.raw,
        value=value.value,
        unit=declared.properties[key[1]].get("unit", ""),
        flag=9 if value.value is None else flag,
        tests=tests,
        provisional=provisional,
        calibrations=value.used,
        decode_version=frame.decode_version,
    )


def _tests(
    key: Key, y: float | None, line: Line, i: int, declared: Declared
) -> tuple[dict[str, int], bool]:
    """The flag of each test in force, and whether one still waits for what comes after."""
    tests: dict[str, int] = {}
    provisional = False
    for name, params in profile(key, declared).items():
        if name == "gross_range":
            tests[name] = gross_range(y, params)
        elif name == "spike":
            tests[name], provisional = spike(line, i, params)
        elif name == "flat_line":
            tests[name] = flat_line(line, i, params)
        elif name == "counter_index":
            tests[name] = counter_index(line, i, params)
        else:
            raise ValueError(f"the oracle knows no test {name!r}")
    return tests, provisional


def _maintenance(key: Key, declared: Declared) -> int:
    """The worst of what maintenance did to the data of that time, 0 if nothing."""
    found = [e["quality"] for e in declared.effects if _about(e, key) and valid(e, key[3])]
    return 4 if "bad" in found else 3 if "suspect" in found else 0


def _verdict(key: Key, declared: Declared) -> int:
    """What somebody who looked says, 0 if nobody does."""
    found = [v["flag"] for v in declared.verdicts if _about(v, key) and valid(v, key[3])]
    return {"good": 1, "unknown": 2, "suspect": 3, "fail": 4}[found[-1]] if found else 0


def _about(declared: Mapping[str, Any], key: Key) -> bool:
    """Whether something is said of a series: of its device, and of all or this one in it."""
    wanted = ("device", key[0]), ("property", key[1]), ("channel", key[2])
    return all(declared.get(name) in (None, is_) for name, is_ in wanted)


def profile(key: Key, declared: Declared) -> dict[str, dict[str, object]]:
    """The tests in force: the device's own profile, else the property's."""
    device, name, _, at = key
    for owner in (device, None):
        for p in declared.profiles:
            if p["property"] == name and p.get("device") == owner and valid(p, at):
                return dict(p["tests"])
    return {}
