-- How the samples of two worlds in [first, end) differ, by device and property: those that one of
-- them lacks; of what both have, the values, flags and other tests; the biggest difference of a
-- value, and when.
SELECT
    device,
    property,
    countIf(in_live) AS live,
    countIf(in_side) AS side,
    countIf(in_live AND NOT in_side) AS only_live,
    countIf(in_side AND NOT in_live) AS only_side,
    countIf(both AND other_value) AS values,
    countIf(both AND live_flag != side_flag) AS flags,
    countIf(both AND NOT other_value AND live_flag = side_flag AND live_tests != side_tests) AS tests,
    maxIf(abs(side_value - live_value), both) AS biggest,
    argMaxIf(observed_at, abs(side_value - live_value), both AND other_value) AS biggest_at
FROM
(
    SELECT
        device,
        property,
        channel,
        observed_at,
        countIf(NOT beside) > 0 AS in_live,
        countIf(beside) > 0 AS in_side,
        in_live AND in_side AS both,
        anyIf(value, NOT beside) AS live_value,
        anyIf(value, beside) AS side_value,
        NOT ifNull(live_value = side_value, isNull(live_value) AND isNull(side_value)) AS other_value,
        anyIf(flag, NOT beside) AS live_flag,
        anyIf(flag, beside) AS side_flag,
        anyIf(tests, NOT beside) AS live_tests,
        anyIf(tests, beside) AS side_tests
    FROM
    (
        SELECT beside, device, property, channel, observed_at, value, flag,
            toString(mapSort(tests)) AS tests
        FROM
        (
            SELECT false AS beside, * FROM {live:Identifier}.observation
            UNION ALL
            SELECT true AS beside, * FROM {side:Identifier}.observation
        )
        WHERE observed_at >= fromUnixTimestamp64Micro({first:Int64}, 'UTC')
            AND observed_at < fromUnixTimestamp64Micro({end:Int64}, 'UTC')
    )
    GROUP BY device, property, channel, observed_at
)
GROUP BY device, property
ORDER BY device, property
