-- What a run changed, by series: rows that were not there, that vanished, whose value or flag is
-- another; the largest change of a value, when, before and after; and windows.
SELECT
    device,
    property,
    channel,
    sum(changed) AS rows,
    sum(new) AS added,
    sum(gone) AS vanished,
    sum(other_value) AS values,
    sum(other_flag) AS flags,
    sum(changed_windows) AS windows,
    toUnixTimestamp64Micro(argMax(at, step)) AS largest_at,
    argMax(before, step) AS largest_before,
    argMax(after, step) AS largest_after
FROM
(
    SELECT
        device,
        property,
        channel,
        1 AS changed,
        is_deleted AS new,
        withdrawn AS gone,
        NOT new AND NOT gone AND isNotDistinctFrom(value, new_value) = 0 AS other_value,
        NOT new AND NOT gone AND flag != new_flag AS other_flag,
        0 AS changed_windows,
        observed_at AS at,
        value AS before,
        new_value AS after,
        if(other_value, ifNull(abs(new_value - value), 0), -1) AS step
    FROM observation_history FINAL
    WHERE run = {run:String}
    UNION ALL
    SELECT device, property, channel, 0, 0, 0, 0, 0, 1, start, NULL, NULL, -2
    FROM window_history FINAL
    WHERE run = {run:String}
)
GROUP BY device, property, channel
ORDER BY rows DESC, device, property, channel
LIMIT {limit:UInt32}
