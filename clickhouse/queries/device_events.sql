-- What network servers told of one device beside its uplinks in [since, until), latest first.
SELECT * EXCEPT event_id, lower(hex(event_id)) AS event_id
FROM device_event
WHERE device = {device:String}
    AND observed_at >= {since:DateTime64(6, 'UTC')}
    AND observed_at < {until:DateTime64(6, 'UTC')}
ORDER BY observed_at DESC, kind, event_id
LIMIT {limit:UInt32}
