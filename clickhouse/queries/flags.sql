-- Rows per flag of each use case and property.
SELECT d.use_case AS use_case, o.property AS property, o.flag AS flag, count() AS rows
FROM observation AS o
LEFT JOIN device AS d ON d.device = o.device
GROUP BY use_case, property, flag
ORDER BY use_case, property, flag
