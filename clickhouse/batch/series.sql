-- The series of which there are samples in [first, end).
SELECT DISTINCT device, property, channel
FROM observation
WHERE observed_at >= fromUnixTimestamp64Micro({first:Int64}, 'UTC')
    AND observed_at < fromUnixTimestamp64Micro({end:Int64}, 'UTC')
