-- Everything that was ever declared about a device, the oldest first.
SELECT kind, id, removed, declared_at, author, body
FROM declaration_change
WHERE (kind, id) IN
(
    SELECT kind, id FROM declaration_history
    WHERE (kind = 'device' AND id = {device:String})
        OR JSONExtractString(body, 'device') = {device:String}
)
ORDER BY declared_at, kind, id, revision
LIMIT {limit:UInt32}
