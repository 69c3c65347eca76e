-- The days that wait for the batch and that no run has taken; an empty reason is all.
SELECT device, toInt32(day) AS day, reason, at
FROM pending FINAL
WHERE {reason:String} = '' OR reason = {reason:String}
ORDER BY device, day
