-- How the store is read: current rows only, never a tombstone. A version never changes its
-- partition, so FINAL need not look across them.

CREATE VIEW IF NOT EXISTS observation AS
SELECT * EXCEPT is_deleted FROM observations FINAL
SETTINGS do_not_merge_across_partitions_select_final = 1;

CREATE VIEW IF NOT EXISTS window AS
SELECT * EXCEPT is_deleted FROM windows FINAL
SETTINGS do_not_merge_across_partitions_select_final = 1;

CREATE VIEW IF NOT EXISTS declaration AS
SELECT kind, id, sequence, declared_at, author, body FROM declarations FINAL;

CREATE VIEW IF NOT EXISTS pending_day AS
SELECT device, day, reason, at FROM pending FINAL;

CREATE VIEW IF NOT EXISTS dead_letter AS
SELECT * FROM dead_letters FINAL;

-- Where each device stands, and since when; an open end reaches to the end of the type.
CREATE VIEW IF NOT EXISTS deployment AS
SELECT
    id,
    JSONExtractString(body, 'device') AS device,
    JSONExtractString(body, 'site') AS site,
    JSONExtractString(body, 'commune') AS commune,
    JSONExtractFloat(body, 'latitude') AS latitude,
    JSONExtractFloat(body, 'longitude') AS longitude,
    JSONExtract(body, 'height', 'Nullable(Float64)') AS height,
    ifNull(parseDateTime64BestEffortOrNull(JSONExtractString(body, 'from'), 6, 'UTC'),
           toDateTime64('1900-01-01 00:00:00', 6, 'UTC')) AS since,
    ifNull(parseDateTime64BestEffortOrNull(JSONExtractString(body, 'to'), 6, 'UTC'),
           toDateTime64('2299-12-31 00:00:00', 6, 'UTC')) AS until
FROM declaration
WHERE kind = 'deployment';

-- Each device with its latest deployment.
CREATE VIEW IF NOT EXISTS device AS
SELECT
    d.id AS device,
    JSONExtractString(d.body, 'name') AS name,
    JSONExtractString(d.body, 'use_case') AS use_case,
    JSONExtractFloat(d.body, 'nominal_period') AS nominal_period,
    l.site AS site,
    l.commune AS commune,
    l.latitude AS latitude,
    l.longitude AS longitude
FROM (SELECT id, body FROM declaration WHERE kind = 'device') AS d
LEFT JOIN
(
    SELECT
        device,
        argMax(site, since) AS site,
        argMax(commune, since) AS commune,
        argMax(latitude, since) AS latitude,
        argMax(longitude, since) AS longitude
    FROM deployment
    GROUP BY device
) AS l ON l.device = d.id;

-- Up to where all partitions are stored, by topic. A partition that met no tick yet holds all
-- of them back.
CREATE VIEW IF NOT EXISTS stored_until AS
SELECT
    topic,
    if(count() >= (SELECT max(value) FROM parameters FINAL WHERE name = 'partitions'),
       min(at), toDateTime64(0, 6, 'UTC')) AS at
FROM frontier FINAL
GROUP BY topic;

-- final: older than the live horizon, and on no day that the batch still has to judge; live
-- judgement never writes it again. provisional: a test waits for the samples after this one.
CREATE VIEW IF NOT EXISTS observation_status AS
WITH
    (SELECT max(at) FROM stored_until WHERE topic = 'observations') AS stored,
    (SELECT max(value) FROM parameters FINAL WHERE name = 'horizon_seconds') AS horizon
SELECT
    *,
    toBool(observed_at < stored - toIntervalSecond(horizon)
        AND (device, toDate32(observed_at, 'UTC')) NOT IN (SELECT device, day FROM pending_day))
        AS final,
    multiIf(final, 'final', provisional, 'provisional', 'live') AS status
FROM observation;
