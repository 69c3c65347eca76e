-- Which tests raised suspect (3) or fail (4), on how many rows of how many devices, and when.
SELECT
    d.use_case AS use_case,
    o.property AS property,
    o.test AS test,
    o.raised AS raised,
    count() AS rows,
    uniqExact(o.device) AS devices,
    min(o.observed_at) AS first_at,
    max(o.observed_at) AS last_at
FROM
(
    SELECT device, property, observed_at, test, raised
    FROM observation
    ARRAY JOIN mapKeys(tests) AS test, mapValues(tests) AS raised
    WHERE raised IN (3, 4)
) AS o
LEFT JOIN device AS d ON d.device = o.device
GROUP BY use_case, property, test, raised
ORDER BY use_case, property, test, raised
