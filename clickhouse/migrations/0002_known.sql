-- What is known about the measurements: declared, pending, how far time has come, what died.
-- The revision of a row that came from a compacted topic is its Kafka offset: a key stays on its
-- partition, so of two messages the later one has the higher offset, a removal included.

CREATE TABLE IF NOT EXISTS declarations
(
    kind LowCardinality(String),
    id String,
    revision UInt64,
    is_deleted UInt8,
    sequence Int64,
    declared_at DateTime64(6, 'UTC'),
    author LowCardinality(String),
    body String COMMENT 'JSON'
)
ENGINE = {engine:ReplacingMergeTree(revision, is_deleted)}
ORDER BY (kind, id);

CREATE TABLE IF NOT EXISTS pending
(
    device LowCardinality(String),
    day Date32 COMMENT 'UTC',
    revision UInt64,
    is_deleted UInt8,
    reason LowCardinality(String),
    at DateTime64(6, 'UTC')
)
ENGINE = {engine:ReplacingMergeTree(revision, is_deleted)}
ORDER BY (device, day);

-- The last tick that the sink met on each partition, written after all that came before it.
CREATE TABLE IF NOT EXISTS frontier
(
    topic LowCardinality(String) COMMENT 'short name: observations or windows',
    partition UInt32,
    at DateTime64(6, 'UTC')
)
ENGINE = {engine:ReplacingMergeTree(at)}
ORDER BY (topic, partition);

-- Summaries; the letters themselves, byte for byte, are on the topic.
CREATE TABLE IF NOT EXISTS dead_letters
(
    topic LowCardinality(String) COMMENT 'where the message was read',
    partition UInt32,
    offset UInt64,
    stage LowCardinality(String),
    reason LowCardinality(String),
    message String CODEC(ZSTD(1)),
    at DateTime64(6, 'UTC') COMMENT 'timestamp of the letter'
)
ENGINE = {engine:ReplacingMergeTree(at)}
ORDER BY (topic, partition, offset, stage, reason);

-- The settings that views need; the sink writes them when it starts.
CREATE TABLE IF NOT EXISTS parameters
(
    name LowCardinality(String),
    value Int64,
    at DateTime64(6, 'UTC')
)
ENGINE = {engine:ReplacingMergeTree(at)}
ORDER BY name;
