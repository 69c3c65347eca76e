"""The quality tests of one sample of a series, as the QARTOD manuals describe them.

A series is a list of (instant, value) in time order; a missing value is None. The spike test is
the manuals' test 6 with the average of both neighbours, the flat line test is number 8, in time
instead of counts, because radio loses frames.
"""

from collections.abc import Mapping
from typing import Any

from tests.oracle.declared import SECOND

Line = list[tuple[int, float | None]]

GOOD, UNKNOWN, SUSPECT, FAIL, MISSING = 1, 2, 3, 4, 9
_WORSE = (MISSING, UNKNOWN, GOOD, SUSPECT, FAIL)


def row_flag(flags: list[int]) -> int:
    """The worst of the flags; not evaluated where there is none."""
    worst = UNKNOWN if not flags else flags[0]
    for flag in flags:
        if _WORSE.index(flag) > _WORSE.index(worst):
            worst = flag
    return worst


def gross_range(value: float | None, params: Mapping[str, Any]) -> int:
    """Outside ``fail`` fails, outside ``suspect`` is suspect; the bounds themselves are good."""
    if value is None:
        return MISSING
    for name, flag in (("fail", FAIL), ("suspect", SUSPECT)):
        if params.get(name) is not None:
            low, high = params[name]
            if value < low or value > high:
                return flag
    return GOOD


def spike(line: Line, i: int, params: Mapping[str, Any]) -> tuple[int, bool]:
    """The flag, and whether a later sample within ``max_gap`` seconds is still to come."""
    at, value = line[i]
    gap = params["max_gap"] * SECOND
    before = line[i - 1] if i > 0 and at - line[i - 1][0] <= gap else None
    after = line[i + 1] if i + 1 < len(line) and line[i + 1][0] - at <= gap else None
    provisional = after is None
    if value is None:
        return MISSING, provisional
    if before is None or after is None or before[1] is None or after[1] is None:
        return UNKNOWN, provisional
    d = abs(value - (before[1] + after[1]) / 2)
    flag = GOOD
    if params.get("suspect") and d > params["suspect"]:
        flag = SUSPECT
    if params.get("fail") and d > params["fail"]:
        flag = FAIL
    return flag, provisional


def counter_index(line: Line, i: int, params: Mapping[str, Any]) -> int:
    """Against the last reading that is there: backwards, started again, or more than can be."""
    at, value = line[i]
    if value is None:
        return MISSING
    known = [one for one in line[:i] if one[1] is not None]
    if not known or at - known[-1][0] > params["max_gap"] * SECOND:
        return UNKNOWN
    before, hours = float(known[-1][1] or 0.0), (at - known[-1][0]) / (3600 * SECOND)
    rise = value - before
    modulus = params.get("modulus")
    if modulus is not None and before > 0.9 * modulus and value < 0.1 * modulus:
        rise += modulus
    if 0 <= rise <= params["q_max"] * hours:
        return GOOD
    if rise < 0 and (-rise <= params.get("q_min", 0.0) * hours):
        return SUSPECT
    return SUSPECT if rise < 0 and 0 <= value <= params["q_max"] * hours else FAIL


def flat_line(line: Line, i: int, params: Mapping[str, Any]) -> int:
    """Suspect, then fail, where the values of the last seconds differ by less than a tolerance."""
    at, value = line[i]
    if value is None:
        return MISSING
    flag = UNKNOWN
    for name, raised in (("suspect", SUSPECT), ("fail", FAIL)):
        threshold = params.get(name)
        if not threshold:
            continue
        window = [(t, v) for t, v in line if at - threshold * SECOND < t <= at and v is not None]
        if 10 * (window[-1][0] - window[0][0]) < 9 * threshold * SECOND:
            continue
        values = [v for _, v in window]
        if max(values) - min(values) < params["tolerance"]:
            flag = raised
        elif flag == UNKNOWN:
            flag = GOOD
    return flag
