-- What a sample was before runs changed it, the oldest first.
SELECT
    h.revision AS revision,
    h.raw AS raw,
    h.value AS value,
    h.flag AS flag,
    h.is_deleted AS was_absent,
    h.run AS run,
    r.author AS author,
    r.reason AS reason,
    r.started AS started
FROM observation_history AS h FINAL
LEFT JOIN run AS r ON r.run = h.run
WHERE h.property = {property:String}
    AND h.device = {device:String}
    AND h.channel = {channel:String}
    AND h.observed_at = fromUnixTimestamp64Micro({at:Int64}, 'UTC')
ORDER BY h.written
LIMIT 100
