"""The observation rows that a set of frames must end in, whatever the order of their arrival."""

import math
from dataclasses import dataclass

from tests.oracle.declared import Declared, Frame, valid
from tests.oracle.qartod import flat_line, gross_range, row_flag, spike

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
    values = {key: _value(key, sample, declared) for key, sample in samples.items()}
    series: dict[Series, list[tuple[int, float | None]]] = {}
    for key in sorted(samples):
        series.setdefault(key[:3], []).append((key[3], values[key][0]))
    rows = {}
    for name, line in series.items():
        for i, (at, _) in enumerate(line):
            key = (*name, at)
            rows[key] = _row(key, samples[key], values[key], line, i, declared)
    return rows


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


_Value = tuple[float | None, tuple[str, ...], bool]
"""Value, calibrations that made it, whether one of them was used outside its range."""


def _value(key: Key, sample: _Sample, declared: Declared) -> _Value:
    device, name, channel, at = key
    if sample.raw is None:
        return None, (), False
    x, used, outside = sample.raw, [], False
    for c in sorted(declared.calibrations, key=lambda c: str(c["id"])):
        mine = (c["device"], c["property"], c.get("channel", "")) == (device, name, channel)
        if not mine or not valid(c, at):
            continue
        if c["kind"] != "linear":
            raise ValueError(f"the oracle knows no calibration {c['kind']!r}")
        if c.get("range") is not None:
            low, high = c["range"]
            margin = 0.1 * (high - low)
            outside = outside or x < low - margin or x > high + margin
        x = c["params"]["a"] + c["params"]["b"] * x
        used.append(str(c["id"]))
    return rounded(x, declared.properties[name]["resolution"]), tuple(used), outside


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
    y, used, outside = value
    tests = {}
    provisional = False
    for name, params in _profile(key, declared).items():
        if name == "gross_range":
            tests[name] = gross_range(y, params)
        elif name == "spike":
            tests[name], provisional = spike(line, i, params)
        elif name == "flat_line":
            tests[name] = flat_line(line, i, params)
        else:
            raise ValueError(f"the oracle knows no test {name!r}")
    if outside:
        tests["calibration_range"] = 3
    if sample.conflict:
        tests["duplicate_conflict"] = 3
    flag = 9 if y is None else row_flag(list(tests.values()))
    frame = sample.frame
    unit = declared.properties[key[1]].get("unit", "")
    return Row(
        frame_id=frame.frame_id,
        arrival=frame.arrival,
        raw=sample.raw,
        value=y,
        unit=unit,
        flag=flag,
        tests=tests,
        provisional=provisional,
        calibrations=used,
        decode_version=frame.decode_version,
    )


def _profile(key: Key, declared: Declared) -> dict[str, dict[str, object]]:
    """The tests in force: the device's own profile, else the property's."""
    device, name, _, at = key
    for owner in (device, None):
        for p in declared.profiles:
            if p["property"] == name and p.get("device") == owner and valid(p, at):
                return dict(p["tests"])
    return {}
