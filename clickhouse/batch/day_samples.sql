-- How many samples, and on how many days, devices have in [first, end); no property is all.
SELECT
    device,
    count() AS samples,
    uniqExact(toDate32(observed_at, 'UTC')) AS days,
    groupUniqArray(codec_hash) AS codecs
FROM observation
WHERE device IN {devices:Array(String)}
    AND observed_at >= fromUnixTimestamp64Micro({first:Int64}, 'UTC')
    AND observed_at < fromUnixTimestamp64Micro({end:Int64}, 'UTC')
    AND (empty({properties:Array(String)}) OR property IN {properties:Array(String)})
GROUP BY device
