-- How the windows of two worlds that start in [first, end) differ, by device and property: those
-- that one of them lacks, and of what both have, those with other statistics.
SELECT
    device,
    property,
    countIf(in_live) AS live,
    countIf(in_side) AS side,
    countIf(in_live AND NOT in_side) AS only_live,
    countIf(in_side AND NOT in_live) AS only_side,
    countIf(both AND live_content != side_content) AS statistics
FROM
(
    SELECT
        device,
        property,
        channel,
        start,
        duration,
        countIf(NOT beside) > 0 AS in_live,
        countIf(beside) > 0 AS in_side,
        in_live AND in_side AS both,
        anyIf(content, NOT beside) AS live_content,
        anyIf(content, beside) AS side_content
    FROM
    (
        SELECT beside, device, property, channel, start, duration,
            toString(tuple(* EXCEPT (beside, revision, config_version))) AS content
        FROM
        (
            SELECT false AS beside, * FROM {live:Identifier}.window
            UNION ALL
            SELECT true AS beside, * FROM {side:Identifier}.window
        )
        WHERE start >= fromUnixTimestamp64Micro({first:Int64}, 'UTC')
            AND start < fromUnixTimestamp64Micro({end:Int64}, 'UTC')
    )
    GROUP BY device, property, channel, start, duration
)
GROUP BY device, property
ORDER BY device, property
