-- Pending days that a run has taken and not judged yet.
SELECT device, toInt32(day) AS day, reason, at
FROM run_days FINAL
WHERE run = {run:String}
ORDER BY device, day
