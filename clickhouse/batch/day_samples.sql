-- How many samples, on how many days, devices have in [first, end), and the first and the last
-- instant of them; no property is all.
SELECT
    device,
    count() AS samples,
    uniqExact(toDate32(observed_at, 'UTC')) AS days,
    groupUniqArray(codec_hash) AS codecs,
    toUnixTimestamp64Micro(min(observed_at)) AS earliest,
    toUnixTimestamp64Micro(max(observed_at)) AS latest
FROM observation
WHERE device IN {devices:Array(String)}
    AND observed_at >= fromUnixTimestamp64Micro({first:Int64}, 'UTC')
    AND observed_at < fromUnixTimestamp64Micro({end:Int64}, 'UTC')
    AND (empty({properties:Array(String)}) OR property IN {properties:Array(String)})
GROUP BY device
