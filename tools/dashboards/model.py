"""A Grafana dashboard as plain dictionaries: what its two dozen fields mean, said once.

Sources: Grafana documentation, "Dashboard JSON model"; ClickHouse data source for Grafana,
"Query editor" and "Template variables".
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

SOURCE = {"type": "grafana-clickhouse-datasource", "uid": "vigie-ch"}
WIDTH = 24
TIME_SERIES, TABLE = 0, 1
Json = dict[str, Any]


@dataclass(frozen=True)
class Panel:
    """``width`` in columns of 24, ``height`` in rows of about 30 pixels.

    A time series selects ``time``, then names of series, then numbers. ``unit`` is one of
    Grafana's; ``steps`` are (from, colour); ``cells`` sets units of a table's columns.
    """

    title: str
    sql: str
    kind: str = "timeseries"
    width: int = WIDTH
    height: int = 8
    unit: str = "none"
    decimals: int = 1
    least: float | None = None
    greatest: float | None = None
    steps: tuple[tuple[float | None, str], ...] = ((None, "green"),)
    stacked: bool = False
    cells: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Dashboard:
    """One file of ``grafana/dashboards``; titles are French first, then English."""

    name: str
    title: str
    description: str
    panels: tuple[Panel, ...]
    variables: tuple[tuple[str, str, str], ...] = ()
    since: str = "now-4d"
    tags: tuple[str, ...] = field(default=("vigie",))

    def json(self) -> Json:
        """The dashboard as Grafana provisions it."""
        return {
            "uid": f"vigie-{self.name}",
            "title": self.title,
            "description": self.description,
            "tags": list(self.tags),
            "schemaVersion": 41,
            "version": 1,
            "editable": False,
            "timezone": "Europe/Paris",
            "refresh": "1m",
            "time": {"from": self.since, "to": "now"},
            "templating": {"list": [_variable(*v) for v in self.variables]},
            "annotations": {"list": []},
            "panels": [
                _panel(i, p, x, y) for i, (p, x, y) in enumerate(_placed(self.panels), start=1)
            ],
        }


def _placed(panels: Sequence[Panel]) -> list[tuple[Panel, int, int]]:
    """Left to right, then down, as words of a text are set."""
    placed, x, y, deepest = [], 0, 0, 0
    for panel in panels:
        if x + panel.width > WIDTH:
            x, y, deepest = 0, y + deepest, 0
        placed.append((panel, x, y))
        x, deepest = x + panel.width, max(deepest, panel.height)
    return placed


def _variable(name: str, label: str, sql: str) -> Json:
    return {
        "name": name,
        "label": label,
        "type": "query",
        "datasource": SOURCE,
        "query": sql,
        "definition": sql,
        "refresh": 2,
        "sort": 1,
        "multi": True,
        "includeAll": True,
        "current": {"text": ["All"], "value": ["$__all"]},
    }


def _panel(number: int, panel: Panel, x: int, y: int) -> Json:
    series = panel.kind == "timeseries"
    defaults: Json = {
        "unit": panel.unit,
        "decimals": panel.decimals,
        "noValue": "–",
        "thresholds": {
            "mode": "absolute",
            "steps": [{"value": at, "color": color} for at, color in panel.steps],
        },
    }
    defaults |= {k: v for k, v in (("min", panel.least), ("max", panel.greatest)) if v is not None}
    if series:
        defaults["custom"] = _drawing(stacked=panel.stacked)
    return {
        "id": number,
        "type": panel.kind,
        "title": panel.title,
        "datasource": SOURCE,
        "gridPos": {"x": x, "y": y, "w": panel.width, "h": panel.height},
        "fieldConfig": {"defaults": defaults, "overrides": [_override(*c) for c in panel.cells]},
        "options": {"legend": {"displayMode": "list", "placement": "bottom"}} if series else {},
        "targets": [_target(panel.sql, TIME_SERIES if series else TABLE)],
    }


def _drawing(*, stacked: bool) -> Json:
    if stacked:
        return {"drawStyle": "bars", "fillOpacity": 80, "stacking": {"mode": "normal"}}
    return {"drawStyle": "line", "lineWidth": 1, "spanNulls": False, "showPoints": "never"}


def _override(column: str, unit: str) -> Json:
    return {
        "matcher": {"id": "byName", "options": column},
        "properties": [{"id": "unit", "value": unit}],
    }


def _target(sql: str, form: int) -> Json:
    return {
        "refId": "A",
        "datasource": SOURCE,
        "editorType": "sql",
        "queryType": "table" if form == TABLE else "timeseries",
        "format": form,
        "rawSql": sql.strip(),
    }
