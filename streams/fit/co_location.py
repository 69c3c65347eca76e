"""A calibration from a co-location: fitted, checked on days that were held out, and written down as
the inventory declares it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from statistics import NormalDist
from types import MappingProxyType
from typing import Any

import numpy as np

from streams.calibration.multilinear import Multilinear
from streams.errors import Skip
from streams.fit import (
    INTERACTION,
    INTERCEPT,
    Columns,
    Estimator,
    Fit,
    Options,
    significant,
    varies,
)
from streams.fit.agreement import Agreement, agreement
from streams.fit.cross_validation import CrossValidation, cross_validate
from streams.fit.pairs import Pairs

ENVIRONMENT = ("temperature", "humidity")
USUAL = Multilinear()
USUALLY = MappingProxyType(
    {"temperature": USUAL.temperature_property, "humidity": USUAL.humidity_property}
)
"""By column the property of the device that says it, where nothing else is declared."""

COVERAGE = 2.0
"""k of an expanded uncertainty, for about 95 %: JCGM 100:2008 (GUM), 6.3."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class CoLocation:
    """The reference as a function of the sensor, over ``used`` pairs; ``left_out`` were incomplete
    or outside the range that was asked. Errors are corrected − reference."""

    method: str
    used: Pairs
    left_out: int
    options: Options
    fit: Fit
    errors: Agreement
    held_out: CrossValidation | None

    @property
    def columns(self) -> Columns:
        """What it was fitted on."""
        return {n: c for n, c in self.used.numbers.items() if n != "reference"}

    @property
    def residual_sd(self) -> float:
        """Standard uncertainty of a corrected value: √(Σ residual² / degrees of freedom)."""
        degrees = self.errors.n - len(self.fit.coefficients)
        return float(self.errors.rmse * np.sqrt(self.errors.n / degrees))

    @property
    def u_rel(self) -> float | None:
        """Expanded relative uncertainty (k = 2) at the mean of the reference, percent."""
        mean = abs(self.errors.mean_reference)
        return 100.0 * COVERAGE * self.residual_sd / mean if mean else None

    @property
    def range(self) -> tuple[float, float]:
        """Of the sensor's values that were used."""
        sensor = self.used.numbers["sensor"]
        return float(sensor.min()), float(sensor.max())

    @property
    def period(self) -> tuple[str, str] | None:
        """First and last time, RFC 3339 UTC, where times were given."""
        if self.used.time is None:
            return None
        ends = self.used.time.min(), self.used.time.max()
        first, last = (_EPOCH + timedelta(microseconds=int(t)) for t in ends)
        return first.isoformat(), last.isoformat()

    @property
    def slope_interval(self) -> tuple[float, float] | None:
        """Of the sensor's coefficient at the confidence that was asked."""
        error = self.fit.standard_errors.get("sensor")
        if error is None:
            return self.fit.interval
        half = NormalDist().inv_cdf(0.5 + self.options.confidence / 2.0) * error
        slope = self.fit.coefficients["sensor"]
        return slope - half, slope + half


def co_locate(
    pairs: Pairs,
    estimator: Estimator,
    options: Options,
    bounds: tuple[float, float] | None = None,
) -> CoLocation:
    """Fit the pairs whose sensor value lies within ``bounds``, both inclusive.

    Raises:
        Skip: ``too_few``, ``too_many``, ``constant`` or ``unrelated`` pairs.
    """
    names = ["sensor", "reference"]
    if estimator.multiple:
        names += _environment(pairs)
    used = pairs.complete(names)
    if bounds is not None:
        sensor = used.numbers["sensor"]
        used = used.where((sensor >= bounds[0]) & (sensor <= bounds[1]))
    columns = {n: c for n, c in used.numbers.items() if n != "reference"}
    reference = used.numbers["reference"]
    fit = estimator.fit(columns, reference, options)
    varies("reference", reference)
    return CoLocation(
        method=estimator.name,
        used=used,
        left_out=len(pairs) - len(used),
        options=options,
        fit=fit,
        errors=agreement(fit.predict(columns), reference),
        held_out=cross_validate(estimator, columns, reference, options, used.time),
    )


def _environment(pairs: Pairs) -> list[str]:
    found = [name for name in ENVIRONMENT if name in pairs.numbers]
    if not found:
        raise Skip(
            "too_few",
            "a multilinear fit needs temperature or humidity beside the sensor: a column of the "
            "file, or what the device itself measured then",
        )
    return found


def record(
    found: CoLocation, described: Mapping[str, Any], around: Mapping[str, str] = USUALLY
) -> dict[str, Any]:
    """The calibration as the inventory has it; ``described`` are its id, device and property,
    ``around`` the properties of the device that were fitted on, by column."""
    errors, held = found.errors, found.held_out and found.held_out.held_out
    statistics: dict[str, float | None] = {
        "r2": errors.r2,
        "rmse": errors.rmse,
        "held_out_rmse": held.rmse if held else None,
        "held_out_mbe": held.mbe if held else None,
        **{f"se_{name}": error for name, error in found.fit.standard_errors.items()},
    }
    whole = {
        **described,
        **_kind(found.fit, around),
        "range": list(found.range),
        "method": "co-location",
        "n": errors.n,
        "statistics": {n: significant(v) for n, v in statistics.items() if v is not None},
        "u_rel": None if found.u_rel is None else significant(found.u_rel),
    }
    if found.period is not None:
        whole["fit_from"], whole["fit_to"] = found.period
    return whole


def _kind(fit: Fit, around: Mapping[str, str]) -> dict[str, Any]:
    terms = dict(fit.coefficients)
    a, b = terms.pop(INTERCEPT), terms.pop("sensor")
    if not terms:
        return {"stage": "linear", "kind": "linear", "params": {"a": a, "b": b}}
    both = INTERACTION in terms
    used = {n: p for n, p in around.items() if n in terms or both}
    unusual = {f"{n}_property": p for n, p in used.items() if p != USUALLY[n]}
    params = {"intercept": a, "slope": b, **terms, **unusual}
    return {"stage": "environment", "kind": "multilinear", "params": params}


def as_dict(
    found: CoLocation, described: Mapping[str, Any], around: Mapping[str, str] = USUALLY
) -> dict[str, Any]:
    """All of it, for JSON; as :func:`record`."""
    fit = found.fit
    return {
        "method": found.method,
        "slope": fit.coefficients["sensor"],
        "intercept": fit.coefficients[INTERCEPT],
        "coefficients": dict(fit.coefficients),
        "standard_errors": dict(fit.standard_errors),
        "covariance": None if fit.covariance is None else fit.covariance.tolist(),
        "slope_interval": found.slope_interval,
        "confidence": found.options.confidence,
        "inflation": dict(fit.inflation),
        "dropped": dict(fit.dropped),
        "left_out": found.left_out,
        **asdict(found.errors),
        "residual_sd": found.residual_sd,
        "u_rel": found.u_rel,
        "range": found.range,
        "cross_validation": found.held_out and found.held_out.as_dict(),
        "record": record(found, described, around),
    }
