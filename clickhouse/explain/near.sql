-- The sample of each channel of a series that was observed nearest to an instant, a day off at most.
SELECT
    channel,
    toUnixTimestamp64Micro(observed_at) AS at,
    final,
    status
FROM observation_status
WHERE property = {property:String}
    AND device = {device:String}
    AND observed_at >= fromUnixTimestamp64Micro({at:Int64} - 86400000000, 'UTC')
    AND observed_at <= fromUnixTimestamp64Micro({at:Int64} + 86400000000, 'UTC')
ORDER BY abs(at - {at:Int64}), at
LIMIT 1 BY channel
