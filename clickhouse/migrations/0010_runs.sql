-- What a run of the batch did: who ran it and why, its tasks, the days that it took, and the rows
-- that it superseded. A run writes here before it writes there, so that a crash in between loses
-- nothing: what is told of a row that was not written yet is told again when the run is resumed.

CREATE TABLE IF NOT EXISTS runs
(
    run String,
    revision UInt64 COMMENT 'microseconds of the wall clock: also the last sign of life',
    state LowCardinality(String) COMMENT 'running, interrupted, cancelled, done or reverted',
    what LowCardinality(String) COMMENT 'judge, decode, settle or revert',
    author LowCardinality(String),
    reason String,
    selection String COMMENT 'JSON: what was asked',
    code LowCardinality(String) COMMENT 'version of vigie',
    sequence Int64 COMMENT 'of the registry that judged',
    config String COMMENT 'JSON: the settings that matter',
    until DateTime64(6, 'UTC') COMMENT 'live owns what is younger',
    started DateTime64(6, 'UTC'),
    ended Nullable(DateTime64(6, 'UTC')),
    samples UInt64 COMMENT 'to be judged, as planned',
    counts String COMMENT 'JSON: what came of it so far'
)
ENGINE = {engine:ReplacingMergeTree(revision)}
ORDER BY run;

CREATE TABLE IF NOT EXISTS run_tasks
(
    run String,
    task UInt32,
    revision UInt64,
    state LowCardinality(String) COMMENT 'planned or done',
    id String COMMENT 'which devices and which span: the same in a resumed run',
    devices UInt32,
    since DateTime64(6, 'UTC'),
    until DateTime64(6, 'UTC'),
    samples UInt64 COMMENT 'that were judged',
    seconds Float64,
    written UInt64 COMMENT 'rows, tombstones among them',
    counts String COMMENT 'JSON: what differed, by series'
)
ENGINE = {engine:ReplacingMergeTree(revision)}
ORDER BY (run, task);

-- Pending days that a run has taken and not judged yet; is_deleted: judged, or given back.
CREATE TABLE IF NOT EXISTS run_days
(
    run String,
    device LowCardinality(String),
    day Date32 COMMENT 'UTC',
    revision UInt64,
    is_deleted UInt8,
    reason LowCardinality(String),
    at DateTime64(6, 'UTC')
)
ENGINE = {engine:ReplacingMergeTree(revision, is_deleted)}
ORDER BY (run, device, day);

-- Rows as they were before a run, by the run. written is the revision that the run gave the row,
-- withdrawn that it hid it, is_deleted that there was none before. Of a row that a resumed run
-- wrote twice the later revision counts, with what was there before the run.
CREATE TABLE IF NOT EXISTS observation_history
ENGINE = {engine:ReplacingMergeTree(written)}
PARTITION BY toYYYYMM(observed_at)
ORDER BY (run, property, device, channel, observed_at)
SETTINGS storage_policy = '{storage_policy}'
EMPTY AS
SELECT
    '' AS run,
    toUInt64(0) AS written,
    false AS withdrawn,
    CAST(NULL, 'Nullable(Float64)') AS new_value,
    toUInt8(0) AS new_flag,
    *
FROM observations;

CREATE TABLE IF NOT EXISTS window_history
ENGINE = {engine:ReplacingMergeTree(written)}
PARTITION BY toYYYYMM(start)
ORDER BY (run, property, device, channel, start, duration)
SETTINGS storage_policy = '{storage_policy}'
EMPTY AS
SELECT '' AS run, toUInt64(0) AS written, false AS withdrawn, * FROM windows;

CREATE VIEW IF NOT EXISTS run AS
SELECT * EXCEPT revision, fromUnixTimestamp64Micro(toInt64(revision), 'UTC') AS seen
FROM runs FINAL;

CREATE VIEW IF NOT EXISTS run_task AS
SELECT * EXCEPT revision FROM run_tasks FINAL;

-- A day that a run has taken is no less pending until it is judged.
CREATE OR REPLACE VIEW pending_day AS
SELECT d.device AS device, d.day AS day, argMax(d.reason, d.at) AS reason, max(d.at) AS at
FROM
(
    SELECT device, day, reason, at FROM pending FINAL
    UNION ALL
    SELECT device, day, reason, at FROM run_days FINAL
) AS d
GROUP BY device, day;
