-- The usable values of one series in [since, until): those with flag 1 or 2, before and after calibration.
SELECT observed_at, raw, value
FROM observation
WHERE property = {property:String}
    AND device = {device:String}
    AND channel = {channel:String}
    AND observed_at >= {since:DateTime64(6, 'UTC')}
    AND observed_at < {until:DateTime64(6, 'UTC')}
    AND flag IN (1, 2)
    AND value IS NOT NULL
    AND raw IS NOT NULL
ORDER BY observed_at
LIMIT {limit:UInt32}
