-- How many alerts are open, by level, and how many of them maintenance silences.
SELECT level, count() AS open, countIf(silenced) AS in_maintenance
FROM alert
WHERE closed_at IS NULL
GROUP BY level
ORDER BY level DESC
