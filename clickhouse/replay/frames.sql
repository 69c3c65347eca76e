-- How many frames that arrived in [first, end) are known.
SELECT uniqExact(frame_id)
FROM observation
WHERE arrival >= fromUnixTimestamp64Micro({first:Int64}, 'UTC')
    AND arrival < fromUnixTimestamp64Micro({end:Int64}, 'UTC')
