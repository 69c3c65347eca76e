"""Fill level of drop-off containers (points d'apport volontaire)."""

from tools.dashboards.model import Dashboard, Panel
from tools.dashboards.quality import commune, quality

LATEST = """
SELECT
    site AS "site",
    commune AS "commune",
    argMax(last_value, last_at) AS "remplissage / fill",
    max(last_at) AS "mesuré / measured"
FROM indicator_pav_fill
WHERE last_at IS NOT NULL
    AND $__timeFilter(period_start)
    AND commune IN (${commune:singlequote})
GROUP BY device, channel, site, commune
ORDER BY "remplissage / fill" DESC
"""

HOURLY = """
SELECT period_start AS time, site, value AS fill
FROM indicator_pav_fill
WHERE $__timeFilter(period_start) AND commune IN (${commune:singlequote})
ORDER BY time
"""

FULL = ((None, "green"), (80.0, "orange"), (95.0, "red"))

PAV = Dashboard(
    name="pav",
    title="Points d'apport volontaire : remplissage / Drop-off containers: fill level",
    description=(
        "Médiane horaire des valeurs bonnes ou non évaluées. / "
        "Hourly median of the values flagged good or not evaluated."
    ),
    variables=(commune("pav"),),
    panels=(
        Panel(
            "Dernier taux de remplissage par site / Latest fill level by site",
            LATEST,
            kind="table",
            width=8,
            height=16,
            steps=FULL,
            cells=(("remplissage / fill", "percent"),),
        ),
        Panel(
            "Taux de remplissage horaire / Hourly fill level",
            HOURLY,
            width=16,
            height=16,
            unit="percent",
            least=0,
            greatest=100,
            steps=FULL,
        ),
        *quality("fill_level"),
    ),
)
