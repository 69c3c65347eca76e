-- Everything that was ever declared, which the compacted topic forgets. The revision is the Kafka
-- offset, so that a row that is sent twice is one, and none replaces another.

CREATE TABLE IF NOT EXISTS declaration_history
(
    kind LowCardinality(String),
    id String,
    revision UInt64,
    is_deleted UInt8 COMMENT 'removed from the inventory',
    sequence Int64,
    declared_at DateTime64(6, 'UTC'),
    author LowCardinality(String),
    body String COMMENT 'JSON' CODEC(ZSTD(3))
)
ENGINE = {engine:ReplacingMergeTree(revision)}
ORDER BY (kind, id, revision);

CREATE VIEW IF NOT EXISTS declaration_change AS
SELECT kind, id, revision, toBool(is_deleted) AS removed, sequence, declared_at, author, body
FROM declaration_history FINAL;
