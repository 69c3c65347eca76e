-- The windows of devices that start in [first, end) as they count now; no order.
SELECT *
FROM window
WHERE device IN {devices:Array(String)}
    AND start >= fromUnixTimestamp64Micro({first:Int64}, 'UTC')
    AND start < fromUnixTimestamp64Micro({end:Int64}, 'UTC')
