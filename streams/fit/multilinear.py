"""Least squares on the sensor and on the temperature and humidity around it.

A column that the others nearly say already makes the coefficients meaningless; its variance
inflation factor 1 / (1 − R²) tells. From 10 on the worst of temperature, humidity and their
interaction is left out, until none is; the sensor never is. For the interaction the factor is that
of the centred product, which fits the same surface: that T·RH grows with T is no redundancy.
"""

import math

import numpy as np

from streams.fit import (
    INTERACTION,
    INTERCEPT,
    Columns,
    Estimator,
    Fit,
    Floats,
    Options,
    enough,
    varies,
)

HIGHEST_INFLATION = 10.0
DETERMINED = 1e-14
"""Of a column's variance: what is left of it when the others say it all, but for rounding."""


def _fit(columns: Columns, y: Floats, options: Options) -> Fit:
    kept = dict(columns)
    if options.interaction and {"temperature", "humidity"} <= kept.keys():
        kept[INTERACTION] = kept["temperature"] * kept["humidity"]
    enough(len(y), len(kept) + 3)
    for name, column in kept.items():
        varies(name, column)
    sensor = next(iter(kept))
    dropped: dict[str, float] = {}
    while True:
        factors = inflation(kept)
        worst = max((n for n in kept if n != sensor), key=factors.__getitem__, default=sensor)
        if worst == sensor or factors[worst] < HIGHEST_INFLATION:
            return least_squares(kept, y, factors, dropped)
        dropped[worst] = factors[worst]
        del kept[worst]


def inflation(columns: Columns) -> dict[str, float]:
    """The variance inflation factor of each column; infinite where others determine it."""
    looked_at = dict(columns)
    if INTERACTION in looked_at and {"temperature", "humidity"} <= looked_at.keys():
        t, h = looked_at["temperature"], looked_at["humidity"]
        looked_at[INTERACTION] = (t - t.mean()) * (h - h.mean())
    return {name: _factor(name, looked_at) for name in looked_at}


def _factor(name: str, columns: Columns) -> float:
    centred = {n: c - c.mean() for n, c in columns.items()}
    y = centred.pop(name)
    if not centred:
        return 1.0
    design = np.column_stack(list(centred.values()))
    design = design / _norms(design)
    residual = y - design @ np.linalg.lstsq(design, y)[0]
    total, left = float(y @ y), float(residual @ residual)
    return total / left if left > DETERMINED * total else math.inf


def _norms(design: Floats) -> Floats:
    norms: Floats = np.sqrt((design * design).sum(axis=0))
    return np.where(norms > 0.0, norms, 1.0)


def least_squares(
    columns: Columns,
    y: Floats,
    factors: dict[str, float] | None = None,
    dropped: dict[str, float] | None = None,
) -> Fit:
    """The plane through all columns, solved on columns of length one: their units do not matter."""
    design = np.column_stack([np.ones(len(y)), *columns.values()])
    norms = _norms(design)
    q, r = np.linalg.qr(design / norms)
    solution = np.linalg.solve(r, q.T @ y) / norms
    residual = y - design @ solution
    inverse = np.linalg.inv(r) / norms[:, None]
    variance = (residual @ residual) / (len(y) - len(solution))
    names = (INTERCEPT, *columns)
    coefficients = dict(zip(names, solution.tolist(), strict=True))
    return Fit(coefficients, variance * inverse @ inverse.T, None, factors or {}, dropped or {})


MULTILINEAR = Estimator("multilinear", _fit, multiple=True)
