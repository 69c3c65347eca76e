-- From when on samples have arrived that no run has judged yet, for all that came late; UTC
-- microseconds, 0: ever. What arrived a day before what the last settlement might write is judged,
-- if no run has taken days before that and not settled them. The day is for those that had to wait.
SELECT toUnixTimestamp64Micro(max(s.until)) - if(count() = 0, 0, 86400000000) AS at
FROM run AS s
WHERE s.what = 'settle' AND s.state = 'done'
    AND s.started < ifNull((SELECT minOrNull(started) FROM run
        WHERE state IN ('running', 'interrupted') AND what != 'revert'),
        toDateTime64('2299-12-31', 6, 'UTC'))
    AND s.started > ifNull((SELECT maxOrNull(ended) FROM run
        WHERE state = 'cancelled'), toDateTime64(0, 6, 'UTC'))
