-- The last fill level of each drop-off container, per cent.
SELECT site, commune, device, channel, last_value AS value, unit, last_at AS at
FROM indicator_pav_fill
WHERE last_value IS NOT NULL
ORDER BY site, device, channel, period_start DESC
LIMIT 1 BY site, device, channel
