"""The page of a worker's metrics, from the meters themselves."""

from streams.metrics import METERS
from tools.markdown import table


def page(note: str) -> str:
    """Every meter with its labels, and what to be alarmed at."""
    rows = [
        (f"`{m.name}`", m.kind, ", ".join(f"`{label}`" for label in m.labels), m.help)
        for m in METERS.values()
    ]
    alarms = [(f"`{m.alarm}`", m.then) for m in METERS.values() if m.alarm]
    return (
        f"# Metrics of a worker\n\n{note}\n"
        "With `VIGIE_METRICS_PORT` set every process serves Prometheus metrics; these are a\n"
        "worker's. A partition that goes to another worker is told of no more. The webhook's are\n"
        "in [operate.md](operate.md).\n\n"
        + table(("metric", "kind", "labels", "what"), rows)
        + "\n## What to be alarmed at\n\n"
        "Expressions that should be false; the figures are for a city of some thousand devices.\n\n"
        + table(("expression", "look at"), alarms)
    )
