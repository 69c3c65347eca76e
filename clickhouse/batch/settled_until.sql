-- Up to where the last settlement that is done has judged, and when it began; UTC microseconds.
SELECT toUnixTimestamp64Micro(max(until)) AS until, toUnixTimestamp64Micro(max(started)) AS started
FROM run
WHERE what = 'settle' AND state = 'done'
