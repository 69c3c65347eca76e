-- The windows of one series that start in [since, until), the quarters before the hours.
SELECT *
FROM public_window
WHERE property = {property:String}
    AND device = {device:String}
    AND start >= {since:DateTime64(6, 'UTC')}
    AND start < {until:DateTime64(6, 'UTC')}
ORDER BY duration, channel, start
LIMIT {limit:UInt32}
