-- What a run has recorded of windows of devices in [first, end): the rows as they were before it.
SELECT *
FROM window_history FINAL
WHERE run = {run:String}
    AND device IN {devices:Array(String)}
    AND start >= fromUnixTimestamp64Micro({first:Int64}, 'UTC')
    AND start < fromUnixTimestamp64Micro({end:Int64}, 'UTC')
