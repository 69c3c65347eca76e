-- The samples of devices in [first, end) as they count now; no order.
SELECT *
FROM observation
WHERE device IN {devices:Array(String)}
    AND observed_at >= fromUnixTimestamp64Micro({first:Int64}, 'UTC')
    AND observed_at < fromUnixTimestamp64Micro({end:Int64}, 'UTC')
