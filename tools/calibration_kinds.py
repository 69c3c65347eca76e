"""The reference page of the calibration kinds and of what sensors are compared with."""

from importlib import import_module

import streams.calibration
from streams.calibration import CalibrationKind
from streams.discover import discover
from streams.fit.targets import TARGETS, Bounds, Target
from tools.markdown import table
from tools.parameters import parameters, told

_INTRODUCTION = """\
`kind` of a calibration in the inventory is one of these, `params` are its parameters. How to make
one: [calibration.md](calibration.md).

"""

_TARGETS = """
## Targets

What `vigie calibration evaluate --pollutant` compares with: of means over so many hours, bounds
included, the spread (`sd`, `cv`) between units side by side.

"""


def page(note: str) -> str:
    """The page; ``note`` says who writes it."""
    kinds = discover(streams.calibration, CalibrationKind)
    rows = [(f"[`{name}`](#{name})", _summary(kind)) for name, kind in kinds.items()]
    return (
        f"# Calibration kinds\n\n{note}\n{_INTRODUCTION}"
        + table(("kind", "what it computes"), rows)
        + "".join(map(_section, kinds.values()))
        + _targets()
    )


def _told(kind: CalibrationKind) -> str:
    return told(import_module(kind.params.__module__).__doc__)


def _summary(kind: CalibrationKind) -> str:
    return " ".join(_told(kind).partition("\n\n")[0].split()).rstrip(".")


def _section(kind: CalibrationKind) -> str:
    parts = (f"## {kind.name}", _told(kind), told(kind.params.__doc__), parameters(kind.params))
    return "\n" + "\n\n".join(parts)


def _targets() -> str:
    metrics = ("slope", "intercept", "r2", "rmse", "nrmse", "sd", "cv")
    rows = [
        (name, str(t.averaging), f"`{t.unit}`", *(_bounds(t, metric) for metric in metrics))
        for name, t in TARGETS.items()
    ]
    source = "\n" + told(import_module(Target.__module__).__doc__).partition("\n\n")[2] + "\n"
    return _TARGETS + table(("pollutant", "hours", "unit", *metrics), rows) + source


def _bounds(target: Target, metric: str) -> str:
    found: Bounds = getattr(target, metric)
    low, high = found
    if low is None:
        return "" if high is None else f"≤ {high:g}"
    return f"≥ {low:g}" if high is None else f"{low:g} to {high:g}"
