-- Alerts of [since, until), open ones first, the worst before others, then the latest.
SELECT *
FROM alert
WHERE opened_at < {until:DateTime64(6, 'UTC')}
    AND (closed_at IS NULL OR closed_at >= {since:DateTime64(6, 'UTC')})
    AND (closed_at IS NULL OR NOT {open:Bool})
    AND ({device:String} = '' OR has(devices, {device:String}))
ORDER BY closed_at IS NULL DESC, if(closed_at IS NULL, level, 0) DESC, opened_at DESC, alert_id
LIMIT {limit:UInt32}
