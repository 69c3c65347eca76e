-- How devices agreed with references, as it is declared, beside what their use cases are to reach.
CREATE VIEW IF NOT EXISTS reliability AS
SELECT
    r.id AS id,
    r.device AS device,
    r.property AS property,
    r.channel AS channel,
    r.since AS since,
    r.until AS until,
    r.method AS method,
    r.protocol AS protocol,
    r.reference AS reference,
    r.n AS n,
    r.reliability AS reliability,
    r.tolerance AS tolerance,
    r.slope AS slope,
    r.intercept AS intercept,
    r.r2 AS r2,
    r.rmse AS rmse,
    r.mbe AS mbe,
    r.nrmse AS nrmse,
    r.wape AS wape,
    r.geh_good AS geh_good,
    r.author AS author,
    d.use_case AS use_case,
    u.target AS target_reliability,
    u.protocol AS target_protocol,
    r.reliability >= u.target AS met
FROM
(
    SELECT
        id,
        JSONExtractString(body, 'device') AS device,
        JSONExtractString(body, 'property') AS property,
        JSONExtractString(body, 'channel') AS channel,
        parseDateTime64BestEffort(JSONExtractString(body, 'from'), 6, 'UTC') AS since,
        parseDateTime64BestEffort(JSONExtractString(body, 'to'), 6, 'UTC') AS until,
        JSONExtractString(body, 'method') AS method,
        JSONExtractString(body, 'protocol') AS protocol,
        JSONExtractString(body, 'reference') AS reference,
        JSONExtractUInt(body, 'n') AS n,
        JSONExtractFloat(body, 'reliability') AS reliability,
        JSONExtractString(body, 'tolerance') AS tolerance,
        JSONExtract(body, 'slope', 'Nullable(Float64)') AS slope,
        JSONExtract(body, 'intercept', 'Nullable(Float64)') AS intercept,
        JSONExtract(body, 'r2', 'Nullable(Float64)') AS r2,
        JSONExtract(body, 'rmse', 'Nullable(Float64)') AS rmse,
        JSONExtract(body, 'mbe', 'Nullable(Float64)') AS mbe,
        JSONExtract(body, 'nrmse', 'Nullable(Float64)') AS nrmse,
        JSONExtract(body, 'wape', 'Nullable(Float64)') AS wape,
        JSONExtract(body, 'geh_good', 'Nullable(Float64)') AS geh_good,
        JSONExtractString(body, 'author') AS author
    FROM declaration
    WHERE kind = 'reliability'
) AS r
LEFT JOIN device AS d ON d.device = r.device
LEFT JOIN
(
    SELECT
        id,
        JSONExtract(body, 'target_reliability', 'Nullable(Float64)') AS target,
        JSONExtractString(body, 'reliability_protocol') AS protocol
    FROM declaration
    WHERE kind = 'use_case'
) AS u ON u.id = d.use_case;
