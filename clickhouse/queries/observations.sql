-- The samples of one series in [since, until), with their status.
SELECT *
FROM public_observation
WHERE property = {property:String}
    AND device = {device:String}
    AND observed_at >= {since:DateTime64(6, 'UTC')}
    AND observed_at < {until:DateTime64(6, 'UTC')}
ORDER BY channel, observed_at
LIMIT {limit:UInt32}
