"""The reference page of the conditions, from the kinds themselves."""

import json
from importlib import import_module

from streams.condition_plan import CONDITIONS, defaults
from streams.conditions import ConditionKind
from tools.markdown import table
from tools.parameters import parameters, told

_INTRODUCTION = """\
A condition is something that is wrong with a device, or with one of its series, from an instant to
another. Workers find it in what the device sent and in what is declared about it, and say on the
topic `conditions` when it opens, changes and closes; where what comes late shows that it never
was, it is withdrawn. [alerts.md](alerts.md) tells how conditions are set and what becomes of them.

Workers look at what arrived within the horizon (two days), and from each instant back no further
than half of it: conditions of the last day may still change by late values, older ones are
settled. Durations are seconds.

"""


def page(note: str) -> str:
    """The page; ``note`` says who writes it."""
    rows = [
        (
            f"[`{name}`](#{name})",
            _summary(kind),
            "a series" if kind.series else "the device",
            "yes" if kind.usual else "where declared",
        )
        for name, kind in CONDITIONS.items()
    ]
    usual = [
        (f"`{name}`", f"`{kind}`", "not looked for" if said is False else f"`{json.dumps(said)}`")
        for name, kinds in defaults().items()
        for kind, said in kinds.items()
    ]
    return (
        f"# Conditions\n\n{note}\n{_INTRODUCTION}"
        + table(("condition", "says", "is about", "looked for"), rows)
        + "\nOf these properties otherwise, where nothing is declared:\n\n"
        + table(("property", "condition", "parameters"), usual)
        + "".join(map(_section, CONDITIONS.values()))
    )


def _told(kind: ConditionKind) -> str:
    return told(import_module(kind.params.__module__).__doc__)


def _summary(kind: ConditionKind) -> str:
    return _told(kind).partition("\n")[0].partition(": ")[2].rstrip(".")


def _section(kind: ConditionKind) -> str:
    text = _told(kind).partition("\n\n")[2]
    parts = [f"## {kind.name}", text, told(kind.params.__doc__)]
    fields = parameters(kind.params) if kind.params.model_fields else ""
    return "\n" + "\n\n".join(part for part in parts if part) + "\n\n" + fields
