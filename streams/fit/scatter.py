"""A scatter plot of pairs with a line through them, as SVG 1.1: one file that any browser shows."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

import numpy as np

from streams.fit import INTERCEPT, Floats
from streams.fit.co_location import CoLocation

WIDTH, HEIGHT = 640, 520
LEFT, RIGHT, TOP, BOTTOM = 70, 20, 50, 60
MOST = 5000
"""Points that are drawn: of more, evenly many are left out."""


@dataclass(frozen=True)
class Axis:
    """From values to pixels: ``low`` lies at ``start``, ``high`` at ``end``."""

    low: float
    high: float
    start: float
    end: float

    def at(self, values: Floats) -> list[float]:
        """The pixels of values."""
        part = (values - self.low) / (self.high - self.low)
        pixels: list[float] = (self.start + part * (self.end - self.start)).tolist()
        return pixels

    def ticks(self) -> Floats:
        """Three to nine round numbers, 1, 2 or 5 times a power of ten apart."""
        rough = (self.high - self.low) / 8.0
        power = 10.0 ** math.floor(math.log10(rough))
        step = next(m * power for m in (1.0, 2.0, 5.0, 10.0) if m * power >= rough * 0.999)
        first, last = math.ceil(self.low / step - 1e-9), math.floor(self.high / step + 1e-9)
        ticks: Floats = np.arange(first, last + 1, dtype=np.float64) * step
        return ticks


def scatter(
    x: Floats, y: Floats, intercept: float, slope: float, title: str, labels: tuple[str, str]
) -> str:
    """Points, the line y = intercept + slope · x over the range of x, and y = x dashed.

    ``x`` and ``y`` are of one length, not empty, without NaN; ``labels`` are those of the axes.
    """
    across = _axis(x, LEFT, WIDTH - RIGHT)
    up = _axis(y, HEIGHT - BOTTOM, TOP)
    shown = np.linspace(0, len(x) - 1, min(len(x), MOST)).astype(np.intp)
    ends = np.array([x.min(), x.max()])
    equal = np.array([max(across.low, up.low), min(across.high, up.high)])
    parts = [
        *_frame(across, up, labels),
        *_points(across.at(x[shown]), up.at(y[shown])),
        _line(across, up, equal, equal, 'stroke="#888" stroke-dasharray="5 4"'),
        _line(across, up, ends, intercept + slope * ends, 'stroke="#c0392b" stroke-width="2"'),
        _text(LEFT, TOP - 20, title, 'font-size="14"'),
    ]
    inside = f'x="{LEFT}" y="{TOP}" width="{WIDTH - LEFT - RIGHT}" height="{HEIGHT - TOP - BOTTOM}"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        f'font-family="sans-serif" font-size="12">\n'
        f'<clipPath id="inside"><rect {inside}/></clipPath>\n'
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>\n' + "\n".join(parts) + "\n</svg>\n"
    )


def drawn(found: CoLocation) -> str:
    """The plot of a fit: the sensor, or with more columns what corrects it, and the reference."""
    reference, errors = found.used.numbers["reference"], found.errors
    r2 = "" if errors.r2 is None else f", R² {errors.r2:.3f}"
    told = f"({found.method}, n {errors.n}{r2}, RMSE {errors.rmse:.3g})"
    a, b = found.fit.coefficients[INTERCEPT], found.fit.coefficients["sensor"]
    if len(found.columns) == 1:
        title = f"reference = {a:.4g} {'−' if b < 0 else '+'} {abs(b):.4g} · sensor {told}"
        return scatter(found.columns["sensor"], reference, a, b, title, ("sensor", "reference"))
    corrected = found.fit.predict(found.columns)
    return scatter(corrected, reference, 0.0, 1.0, told, ("corrected", "reference"))


def _axis(values: Floats, start: float, end: float) -> Axis:
    low, high = float(values.min()), float(values.max())
    margin = 0.04 * (high - low) or max(0.04 * abs(low), 1.0)
    return Axis(low - margin, high + margin, start, end)


def _frame(across: Axis, up: Axis, labels: tuple[str, str]) -> Iterator[str]:
    for value, at in zip(across.ticks(), across.at(across.ticks()), strict=True):
        yield f'<path d="M{at:.1f} {TOP}V{HEIGHT - BOTTOM}" stroke="#e5e5e5"/>'
        yield _text(at, HEIGHT - BOTTOM + 18, f"{value:.6g}", 'text-anchor="middle"')
    for value, at in zip(up.ticks(), up.at(up.ticks()), strict=True):
        yield f'<path d="M{LEFT} {at:.1f}H{WIDTH - RIGHT}" stroke="#e5e5e5"/>'
        yield _text(LEFT - 8, at + 4, f"{value:.6g}", 'text-anchor="end"')
    middle = (LEFT + WIDTH - RIGHT) / 2, (TOP + HEIGHT - BOTTOM) / 2
    yield _text(middle[0], HEIGHT - 18, labels[0], 'text-anchor="middle"')
    turned = f'text-anchor="middle" transform="rotate(-90 18 {middle[1]:g})"'
    yield _text(18, middle[1], labels[1], turned)


def _points(across: Sequence[float], up: Sequence[float]) -> Iterator[str]:
    yield '<g fill="#2c6fbb" fill-opacity="0.45">'
    for x, y in zip(across, up, strict=True):
        yield f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.5"/>'
    yield "</g>"


def _line(across: Axis, up: Axis, x: Floats, y: Floats, style: str) -> str:
    (x0, x1), (y0, y1) = across.at(x), up.at(y)
    d = f"M{x0:.1f} {y0:.1f}L{x1:.1f} {y1:.1f}"
    return f'<path d="{d}" fill="none" clip-path="url(#inside)" {style}/>'


def _text(x: float, y: float, text: str, style: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" {style}>{escape(text)}</text>'
