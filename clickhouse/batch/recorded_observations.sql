-- What a run has recorded of observations of devices in [first, end): the rows as they were before it.
SELECT *
FROM observation_history FINAL
WHERE run = {run:String}
    AND device IN {devices:Array(String)}
    AND observed_at >= fromUnixTimestamp64Micro({first:Int64}, 'UTC')
    AND observed_at < fromUnixTimestamp64Micro({end:Int64}, 'UTC')
