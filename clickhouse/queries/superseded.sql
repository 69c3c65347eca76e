-- What a series said in [since, until) before runs of the batch changed it, and which run did.
SELECT
    h.observed_at AS observed_at,
    h.channel AS channel,
    h.is_deleted AS was_absent,
    h.raw AS raw,
    h.value AS value,
    h.flag AS flag,
    h.tests AS tests,
    h.calibrations AS calibrations,
    h.revision AS revision,
    h.run AS run,
    r.author AS author,
    r.reason AS reason,
    r.started AS started,
    h.withdrawn AS withdrawn,
    h.new_value AS new_value,
    h.new_flag AS new_flag
FROM observation_history AS h FINAL
LEFT JOIN run AS r ON r.run = h.run
WHERE h.property = {property:String}
    AND h.device = {device:String}
    AND h.observed_at >= {since:DateTime64(6, 'UTC')}
    AND h.observed_at < {until:DateTime64(6, 'UTC')}
    AND h.property NOT IN (SELECT property FROM personal_property)
    AND h.device NOT IN (SELECT device FROM personal_device)
ORDER BY channel, observed_at, h.written
LIMIT {limit:UInt32}
