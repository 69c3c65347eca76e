"""The demo's tables say what the report says."""

from io import StringIO
from typing import Any

from rich.console import Console

from cli.demo_tables import tables


def _report(**truth: Any) -> dict[str, Any]:
    site = {"site": "Aubagne, cours Foch, sonometre-003", "commune": "13005", "device": "B"}
    at = "2026-10-23T21:00:00+00:00"
    return {
        "seed": 5,
        "sent": 12,
        "unique": 11,
        "observed": 10,
        "dead": 1,
        "flagged": {"pav": {"good": 6}, "noise": {"good": 3, "missing": 1}},
        "raised": [
            {
                "use_case": "noise",
                "test": "flat_line",
                "raised": 4,
                "rows": 8,
                "devices": 1,
                "first_at": at,
                "last_at": at,
            }
        ],
        "faults": [{"kind": "stuck", "target": "sonometre-003", "from": at, "to": at}],
        "indicators": {
            "pav_fill": [site | {"value": 41.25, "at": at}],
            "noise_laeq": [site | {"value": 58.04, "period_start": at}],
            "noise_lden": [site | {"value": 63.96, "local_date": "2026-10-23"}],
        },
        "timings": {"boot_s": 12.3, "total_s": 61.0},
        "rss_mib": 1800,
        "truth": {"equal": True, "differences": [], "compared": {"pav_fill": 24}} | truth,
    }


def _shown(report: dict[str, Any]) -> str:
    page = StringIO()
    Console(width=160, file=page).print(tables(report))
    return page.getvalue()


def test_everything_reported_is_shown() -> None:
    shown = _shown(_report())
    for said in (
        "12 sent, 11 unique, 10 observed, 1 dead",
        "58.0",
        "64.0",
        "Lden 2026-10-23",
        "flat_line",
        "fail",
        "2026-10-23 21:00",
        "boot 12.3 s",
        "1800 MiB",
        "Equal to the simulator's truth",
        "24 pav_fill",
    ):
        assert said in shown


def test_differences_are_listed() -> None:
    shown = _shown(_report(equal=False, differences=["observed: 9, the truth is 10"]))
    assert "Not the simulator's truth" in shown
    assert "observed: 9, the truth is 10" in shown
    assert "Equal" not in shown
