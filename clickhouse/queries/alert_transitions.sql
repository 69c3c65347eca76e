-- What happened to the alerts whose id begins so, in order.
SELECT * EXCEPT revision
FROM alert_transition
WHERE startsWith(alert_id, {alert_id:String})
ORDER BY alert_id, revision
LIMIT {limit:UInt32}
