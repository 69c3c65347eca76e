-- How far the batch may write, UTC microseconds: what all partitions have stored, less the live
-- horizon. 0: some partition has met no tick yet.
SELECT if(min(at) = toDateTime64(0, 6, 'UTC') OR count() < 2, 0,
    toUnixTimestamp64Micro(min(at)) - 1000000 *
        (SELECT max(value) FROM parameters FINAL WHERE name = 'horizon_seconds')) AS at
FROM stored_until
WHERE topic IN ('observations', 'windows')
