"""Sound levels: LAeq by hour, Lden by day."""

from tools.dashboards.model import Dashboard, Panel
from tools.dashboards.quality import commune, quality

HOURLY = """
SELECT period_start AS time, site, value AS laeq
FROM indicator_noise_laeq
WHERE $__timeFilter(period_start) AND commune IN (${commune:singlequote})
ORDER BY time
"""

DAILY = """
SELECT
    local_date AS "jour / day",
    site AS "site",
    ld AS "Ld",
    le AS "Le",
    ln AS "Ln",
    lden AS "Lden",
    capture AS "couverture / capture"
FROM indicator_noise_lden
WHERE $__timeFilter(period_start) AND commune IN (${commune:singlequote})
ORDER BY local_date DESC, lden DESC
"""

LIMIT = ((None, "green"), (55.0, "yellow"), (68.0, "red"))
"""Lden: maps start at 55 dB(A); 68 dB(A) is the French limit for roads (arrêté du 4 avril 2006)."""

NOISE = Dashboard(
    name="noise",
    title="Bruit : LAeq et Lden / Noise: LAeq and Lden",
    description=(
        "Moyennes énergétiques ; vides sous 75 % de couverture. / "
        "Energy means; empty under 75 % of capture."
    ),
    variables=(commune("noise"),),
    panels=(
        Panel(
            "Niveau sonore équivalent horaire LAeq,1h / Hourly equivalent level LAeq,1h",
            HOURLY,
            height=10,
            unit="dB",
        ),
        Panel(
            "Lden par jour / Lden by day",
            DAILY,
            kind="table",
            height=10,
            unit="dB",
            steps=LIMIT,
            cells=(("couverture / capture", "percentunit"),),
        ),
        *quality("sound_level"),
    ),
)
