-- How the alerts of two worlds that were opened in [first, end) differ, by rule: those that one of
-- them lacks, and of what both have, those with another end, level, reason or other devices.
SELECT
    rule,
    countIf(in_live) AS live,
    countIf(in_side) AS side,
    countIf(in_live AND NOT in_side) AS only_live,
    countIf(in_side AND NOT in_live) AS only_side,
    countIf(both AND live_content != side_content) AS contents
FROM
(
    SELECT
        rule,
        alert_id,
        countIf(NOT beside) > 0 AS in_live,
        countIf(beside) > 0 AS in_side,
        in_live AND in_side AS both,
        anyIf(content, NOT beside) AS live_content,
        anyIf(content, beside) AS side_content
    FROM
    (
        SELECT beside, rule, alert_id,
            toString(tuple(* EXCEPT (beside, updated_at, transition))) AS content
        FROM
        (
            SELECT false AS beside, * FROM {live:Identifier}.alert
            UNION ALL
            SELECT true AS beside, * FROM {side:Identifier}.alert
        )
        WHERE opened_at >= fromUnixTimestamp64Micro({first:Int64}, 'UTC')
            AND opened_at < fromUnixTimestamp64Micro({end:Int64}, 'UTC')
    )
    GROUP BY rule, alert_id
)
GROUP BY rule
ORDER BY rule
