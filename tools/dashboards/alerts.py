"""Alerts: what is open, what happened, what wears out."""

from tools.dashboards.model import Dashboard, Panel

OPEN = """
SELECT
    level AS "niveau / level",
    rule AS "règle / rule",
    subject AS "objet / subject",
    property AS "propriété / property",
    opened_at AS "depuis / since",
    length(devices) AS "capteurs / devices",
    silenced AS "maintenance",
    reason AS "détail / reason"
FROM public_alert
WHERE closed_at IS NULL AND rule IN (${rule:singlequote})
ORDER BY level DESC, opened_at DESC
LIMIT 500
"""

RAISED = """
SELECT toStartOfInterval(opened_at, INTERVAL 1 hour) AS time, rule, count() AS alerts
FROM public_alert
WHERE $__timeFilter_ms(opened_at) AND rule IN (${rule:singlequote})
GROUP BY time, rule
ORDER BY time, rule
"""

CLOSED = """
SELECT
    closed_at AS "close / closed",
    rule AS "règle / rule",
    subject AS "objet / subject",
    property AS "propriété / property",
    level AS "niveau / level",
    dateDiff('second', opened_at, assumeNotNull(closed_at)) AS "durée / duration",
    reason AS "détail / reason"
FROM public_alert
WHERE closed_at IS NOT NULL AND $__timeFilter_ms(closed_at) AND rule IN (${rule:singlequote})
ORDER BY closed_at DESC
LIMIT 500
"""

OFTEN = """
SELECT
    subject AS "objet / subject",
    count() AS "alertes / alerts",
    sum(dateDiff('second', opened_at, ifNull(closed_at, now64(6, 'UTC')))) AS "durée / duration"
FROM public_alert
WHERE $__timeFilter_ms(opened_at) AND rule IN (${rule:singlequote})
GROUP BY subject
ORDER BY "alertes / alerts" DESC, subject
LIMIT 50
"""

RULES = "SELECT DISTINCT rule FROM public_alert ORDER BY rule"
LEVELS = ((None, "blue"), (2.0, "yellow"), (3.0, "orange"), (4.0, "red"))

ALERTS = Dashboard(
    name="alerts",
    title="Alertes / Alerts",
    description=(
        "Ce que vigie a jugé ; les alertes sur des données personnelles n'y sont pas. / "
        "What vigie has judged; alerts about personal data are left out."
    ),
    variables=(("rule", "règle / rule", RULES),),
    since="now-7d",
    panels=(
        Panel("Alertes ouvertes / Open alerts", OPEN, kind="table", height=10, steps=LEVELS),
        Panel(
            "Alertes levées / Alerts raised", RAISED, decimals=0, least=0, stacked=True, width=14
        ),
        Panel(
            "Objets les plus touchés / Subjects most concerned",
            OFTEN,
            kind="table",
            width=10,
            cells=(("durée / duration", "s"),),
        ),
        Panel(
            "Alertes closes / Closed alerts",
            CLOSED,
            kind="table",
            height=10,
            cells=(("durée / duration", "s"),),
        ),
    ),
)
