-- The highest revision of any row of devices in [first, end), those of tombstones included.
SELECT
    (
        SELECT max(revision) FROM observations
        WHERE device IN {devices:Array(String)}
            AND observed_at >= fromUnixTimestamp64Micro({first:Int64}, 'UTC')
            AND observed_at < fromUnixTimestamp64Micro({end:Int64}, 'UTC')
            AND is_deleted
    ) AS observations,
    (
        SELECT max(revision) FROM windows
        WHERE device IN {devices:Array(String)}
            AND start >= fromUnixTimestamp64Micro({first:Int64}, 'UTC')
            AND start < fromUnixTimestamp64Micro({end:Int64}, 'UTC')
            AND is_deleted
    ) AS windows
