-- title_fr: Taux de remplissage des points d'apport volontaire
-- title_en: Fill level of drop-off containers
-- use_case: pav
-- properties: fill_level
-- unit: %
-- time_base: 1 h, UTC
-- capture_min: 0
-- definition: Median of the values of the hour flagged 1 or 2; capture is the share of the hour covered by them, one nominal period each.
-- source: Definition of this project; flags of the QARTOD scheme, UNESCO/IOC Manuals and Guides 54, volume 3.
WITH hours AS
(
    SELECT
        device,
        channel,
        toStartOfHour(observed_at) AS hour,
        quantileExactInclusiveOrNull(0.5)(value) AS median,
        argMaxOrNull(value, observed_at) AS last_value,
        maxOrNull(observed_at) AS last_at
    FROM observation
    WHERE property = 'fill_level' AND flag IN (1, 2) AND value IS NOT NULL
    GROUP BY device, channel, hour
),
counts AS
(
    SELECT
        device,
        channel,
        toStartOfHour(start) AS hour,
        sum(good) AS good,
        sum(unknown) AS unknown,
        sum(suspect) AS suspect,
        sum(fail) AS fail,
        sum(missing) AS missing
    FROM window
    WHERE property = 'fill_level' AND duration = 900
    GROUP BY device, channel, hour
    HAVING good + unknown + suspect + fail + missing > 0
)
SELECT
    c.device AS device,
    c.channel AS channel,
    if(c.hour < p.until, p.site, '') AS site,
    if(c.hour < p.until, p.commune, '') AS commune,
    d.use_case AS use_case,
    c.hour AS period_start,
    c.hour + toIntervalHour(1) AS period_end,
    toDate(c.hour, 'Europe/Paris') AS local_date,
    h.median AS value,
    '%' AS unit,
    least(1.0, (c.good + c.unknown) * d.nominal_period / 3600) AS capture,
    c.good AS good,
    c.unknown AS unknown,
    c.suspect AS suspect,
    c.fail AS fail,
    c.missing AS missing,
    h.last_value AS last_value,
    h.last_at AS last_at
FROM counts AS c
LEFT JOIN hours AS h ON h.device = c.device AND h.channel = c.channel AND h.hour = c.hour
LEFT JOIN device AS d ON d.device = c.device
ASOF LEFT JOIN deployment AS p ON p.device = c.device AND p.since <= c.hour
