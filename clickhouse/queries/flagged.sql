-- The suspect, failed and missing rows of [since, until), with the tests that say so.
SELECT
    o.device AS device,
    d.name AS name,
    d.site AS site,
    d.use_case AS use_case,
    o.property AS property,
    o.channel AS channel,
    o.observed_at AS observed_at,
    o.raw AS raw,
    o.value AS value,
    o.unit AS unit,
    o.flag AS flag,
    o.tests AS tests
FROM public_observation AS o
LEFT JOIN device AS d ON d.device = o.device
WHERE o.flag IN (3, 4, 9)
    AND o.observed_at >= {since:DateTime64(6, 'UTC')}
    AND o.observed_at < {until:DateTime64(6, 'UTC')}
ORDER BY observed_at, device, property, channel
LIMIT {limit:UInt32}
