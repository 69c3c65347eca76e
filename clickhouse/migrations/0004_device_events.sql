-- What a network server tells of a device beside its uplinks. Of the copies of an event the one
-- that arrived last is kept; they say the same.

CREATE TABLE IF NOT EXISTS device_events
(
    event_id FixedString(16),
    device LowCardinality(String),
    source LowCardinality(String),
    network LowCardinality(String),
    request_id String CODEC(ZSTD(1)),
    kind LowCardinality(String) COMMENT 'join, status, ack, location, error or other',
    observed_at DateTime64(6, 'UTC') CODEC(Delta, ZSTD(1)),
    arrival DateTime64(6, 'UTC') CODEC(Delta, ZSTD(1)),
    session Nullable(String) CODEC(ZSTD(1)),
    counter Nullable(Int64) CODEC(ZSTD(1)),
    details String CODEC(ZSTD(1)) COMMENT 'JSON',
    measures Map(LowCardinality(String), Float64) CODEC(ZSTD(1))
)
ENGINE = {engine:ReplacingMergeTree(arrival)}
PARTITION BY toYYYYMM(observed_at)
ORDER BY (device, kind, observed_at, event_id)
SETTINGS storage_policy = '{storage_policy}';

CREATE VIEW IF NOT EXISTS device_event AS
SELECT * FROM device_events FINAL
SETTINGS do_not_merge_across_partitions_select_final = 1;
