-- What was wrong with one device in [since, until), latest first.
SELECT *
FROM condition
WHERE device = {device:String}
    AND opened_at < {until:DateTime64(6, 'UTC')}
    AND (closed_at IS NULL OR closed_at >= {since:DateTime64(6, 'UTC')})
ORDER BY opened_at DESC, kind, property, channel
LIMIT {limit:UInt32}
