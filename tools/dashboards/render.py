"""The dashboards as files: a new definition beside this one is found, not listed."""

import json
from pathlib import Path

import tools.dashboards
from streams.discover import discover
from tools.dashboards.model import Dashboard

FOLDER = Path(__file__).resolve().parents[2] / "grafana" / "dashboards"


def rendered() -> dict[str, str]:
    """Text by file name."""
    found = discover(tools.dashboards, Dashboard)
    return {
        f"{name}.json": json.dumps(dashboard.json(), ensure_ascii=False, indent=2) + "\n"
        for name, dashboard in sorted(found.items())
    }
