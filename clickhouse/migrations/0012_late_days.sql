-- Days to which samples came late, until they are settled: what is declared of such a day afterwards
-- takes its place in pending, and says nothing of the frames that are still to be read.

CREATE TABLE IF NOT EXISTS pending_late
(
    device LowCardinality(String),
    day Date32 COMMENT 'UTC',
    revision UInt64,
    is_deleted UInt8
)
ENGINE = {engine:ReplacingMergeTree(revision, is_deleted)}
ORDER BY (device, day);

CREATE MATERIALIZED VIEW IF NOT EXISTS pending_late_said TO pending_late AS
SELECT device, day, revision, is_deleted
FROM pending
WHERE reason = 'late' OR is_deleted = 1;
