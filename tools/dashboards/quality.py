"""The two panels that every use case has: how many values, of which quality, and why."""

from tools.dashboards.model import Panel

FLAGS = """
SELECT
    toStartOfInterval(start, INTERVAL 1 hour) AS time,
    sum(good) AS "bon / good",
    sum(unknown) AS "non évalué / not evaluated",
    sum(suspect) AS "douteux / suspect",
    sum(fail) AS "mauvais / bad",
    sum(missing) AS "manquant / missing"
FROM window
WHERE property = '{property}' AND duration = 900 AND $__timeFilter_ms(start)
GROUP BY time
ORDER BY time
"""

TESTS = """
SELECT
    d.site AS "site",
    d.name AS "capteur / device",
    o.test AS "test",
    if(o.result = 4, 'mauvais / bad', 'douteux / suspect') AS "résultat / result",
    count() AS "valeurs / values",
    min(o.observed_at) AS "première / first",
    max(o.observed_at) AS "dernière / last"
FROM
(
    SELECT device, observed_at, t.1 AS test, t.2 AS result
    FROM observation
    ARRAY JOIN CAST(tests, 'Array(Tuple(String, UInt8))') AS t
    WHERE property = '{property}' AND t.2 IN (3, 4) AND $__timeFilter_ms(observed_at)
) AS o
LEFT JOIN device AS d ON d.device = o.device
WHERE d.commune IN (${{commune:singlequote}})
GROUP BY d.site, d.name, o.test, o.result
ORDER BY count() DESC
LIMIT 200
"""

COMMUNES = """
SELECT DISTINCT commune FROM device WHERE use_case = '{use_case}' AND commune != '' ORDER BY commune
"""


def quality(observed: str) -> tuple[Panel, Panel]:
    """Flags by hour and the tests that raised them, of an observed property."""
    return (
        Panel(
            "Valeurs par qualité et par heure / Values by quality and hour",
            FLAGS.format(property=observed),
            width=12,
            unit="short",
            decimals=0,
            stacked=True,
        ),
        Panel(
            "Tests déclenchés / Tests that raised a flag",
            TESTS.format(property=observed),
            kind="table",
            width=12,
            decimals=0,
        ),
    )


def commune(use_case: str) -> tuple[str, str, str]:
    """The variable ``$commune``: communes (INSEE code) where the use case has devices."""
    return "commune", "Commune (INSEE)", COMMUNES.format(use_case=use_case).strip()
