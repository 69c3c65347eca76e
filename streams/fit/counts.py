"""How well a counter agrees with counting by hand.

GEH compares hourly flows: √(2(m − c)² / (m + c)); below 5 is good, above 10 is not. Source: United
Kingdom, Department for Transport, Transport Analysis Guidance, unit M3.1; that 85 % of the hours
lie below 5 is its criterion for a model, taken here for a counter.
"""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from streams.calibration.correction_factor import LEAST_HOURS, LEAST_PASSAGES
from streams.errors import Skip
from streams.fit import Floats, enough, significant
from streams.fit.pairs import Pairs

GOOD_GEH, BAD_GEH = 5.0, 10.0
GOOD_SHARE = 85.0
ACCEPTED_ERROR, ALERT_ERROR = 10.0, 15.0
"""Percent, of at least a hundred passages."""


@dataclass(frozen=True)
class Counts:
    """Agreement of a counter with a manual session; errors are automatic − manual.

    ``error``, ``mape`` and ``wape`` are percent; ``mape`` is None where an interval had nothing to
    count by hand, and everything is where the whole session had. ``geh_good`` is the percent of
    intervals below 5. ``factor`` is manual over automatic, None unless it may be applied, which
    ``factor_refused`` explains; ``verdict`` is accepted, check, alert, or too_few.
    """

    n: int
    hours: float
    manual: float
    automatic: float
    error: float | None
    mape: float | None
    wape: float | None
    geh: tuple[float, ...]
    geh_good: float
    geh_check: int
    geh_bad: int
    geh_met: bool
    ratio: float | None
    factor: float | None
    factor_refused: str
    verdict: str

    def as_dict(self) -> dict[str, Any]:
        """For JSON, with the calibration as the inventory has it where a factor may be applied."""
        return asdict(self) | {"record": self._record()}

    def _record(self) -> dict[str, Any] | None:
        if self.factor is None:
            return None
        params = {"factor": self.factor, "passages": int(self.manual), "hours": self.hours}
        known = {"error": self.error, "wape": self.wape, "geh_good": self.geh_good}
        return {
            "stage": "linear",
            "kind": "correction_factor",
            "params": params | {"peak": True},
            "n": self.n,
            "statistics": {n: significant(v) for n, v in known.items() if v is not None},
        }


def geh(manual: Floats, automatic: Floats, hours: float = 1.0) -> Floats:
    """GEH of each interval of ``hours``, on its hourly flows; 0 where nothing passed."""
    m, c = manual / hours, automatic / hours
    total = m + c
    return np.sqrt(2.0 * (m - c) ** 2 / np.where(total > 0.0, total, 1.0))


def compare(
    automatic: Floats, manual: Floats, interval_hours: float = 1.0, peak: bool | None = None
) -> Counts:
    """Counts of the same intervals, not below 0, at least one; ``peak`` says that the peak hour is
    among them, None that nobody said."""
    m, c = float(manual.sum()), float(automatic.sum())
    off = np.abs(automatic - manual)
    each = geh(manual, automatic, interval_hours)
    hours = interval_hours * len(manual)
    refused = _refused(m, c, hours, peak)
    good = 100.0 * float((each < GOOD_GEH).mean())
    error = 100.0 * (c - m) / m if m else None
    return Counts(
        n=len(manual),
        hours=hours,
        manual=m,
        automatic=c,
        error=error,
        mape=100.0 * float((off / manual).mean()) if manual.all() else None,
        wape=100.0 * float(off.sum()) / m if m else None,
        geh=tuple(each.tolist()),
        geh_good=good,
        geh_check=int(((each >= GOOD_GEH) & (each <= BAD_GEH)).sum()),
        geh_bad=int((each > BAD_GEH).sum()),
        geh_met=good >= GOOD_SHARE,
        ratio=m / c if c else None,
        factor=m / c if c and not refused else None,
        factor_refused=refused,
        verdict=_verdict(m, error),
    )


def compare_pairs(pairs: Pairs, interval_hours: float, peak: bool | None) -> Counts:
    """The comparison of the complete pairs, the sensor being the automatic count.

    Raises:
        Skip: ``too_few`` where there is none, ``negative`` where one lies below 0.
    """
    complete = pairs.complete(("sensor", "reference"))
    enough(len(complete), 1)
    automatic, manual = complete.numbers["sensor"], complete.numbers["reference"]
    if min(automatic.min(), manual.min()) < 0.0:
        raise Skip("negative", "a count lies below 0: take what was counted, not a difference")
    return compare(automatic, manual, interval_hours, peak)


def _refused(manual: float, automatic: float, hours: float, peak: bool | None) -> str:
    """Why no factor may be applied; empty where one may."""
    if not automatic or not manual:
        return "nothing was counted by hand, or nothing by the counter"
    short = []
    if manual < LEAST_PASSAGES:
        short.append(f"{manual:g} passages are fewer than {LEAST_PASSAGES}")
    if hours < LEAST_HOURS:
        short.append(f"{hours:g} h are fewer than {LEAST_HOURS:g}")
    if not peak:
        short.append("the peak hour is not among them" if peak is False else "no peak is known of")
    return ", ".join(short)


def _verdict(manual: float, error: float | None) -> str:
    if error is None or manual < LEAST_PASSAGES:
        return "too_few"
    if abs(error) <= ACCEPTED_ERROR:
        return "accepted"
    return "check" if abs(error) <= ALERT_ERROR else "alert"
