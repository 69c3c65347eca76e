-- Why the day of an instant waits for the batch.
SELECT reason, at
FROM pending_day
WHERE device = {device:String}
    AND day = toDate32(fromUnixTimestamp64Micro({at:Int64}, 'UTC'), 'UTC')
