-- What was measured and judged. The sorting key is the identity: of rows with the same key the
-- highest revision counts, and a tombstone (is_deleted = 1) hides all of them. So a row that is
-- sent twice is stored once, and reading needs FINAL: see the views of 0003.
-- The key holds the time, so a later revision never changes its month.
-- Codecs: instants are regular (DoubleDelta); values are rounded to a tenth of the property's
-- resolution, where plain ZSTD does better than Gorilla.

CREATE TABLE IF NOT EXISTS observations
(
    device LowCardinality(String),
    property LowCardinality(String),
    channel LowCardinality(String),
    observed_at DateTime64(6, 'UTC') CODEC(DoubleDelta, ZSTD(1)),
    revision UInt64 CODEC(Delta, ZSTD(1)),
    is_deleted UInt8,
    frame_id Nullable(FixedString(16)),
    arrival Nullable(DateTime64(6, 'UTC')) CODEC(Delta, ZSTD(1)),
    raw Nullable(Float64) CODEC(ZSTD(1)),
    value Nullable(Float64) CODEC(ZSTD(1)),
    unit LowCardinality(String),
    flag UInt8 CODEC(ZSTD(1)),
    tests Map(LowCardinality(String), UInt8) CODEC(ZSTD(1)),
    provisional Bool,
    calibrations Array(LowCardinality(String)) CODEC(ZSTD(1)),
    config_version Int64 CODEC(ZSTD(1)),
    decode_version Int64 CODEC(ZSTD(1)),
    codec_hash Int64 CODEC(ZSTD(1))
)
ENGINE = {engine:ReplacingMergeTree(revision, is_deleted)}
PARTITION BY toYYYYMM(observed_at)
ORDER BY (property, device, channel, observed_at)
SETTINGS storage_policy = '{storage_policy}';

CREATE TABLE IF NOT EXISTS windows
(
    device LowCardinality(String),
    property LowCardinality(String),
    channel LowCardinality(String),
    start DateTime64(6, 'UTC') CODEC(DoubleDelta, ZSTD(1)),
    duration UInt32 CODEC(ZSTD(1)) COMMENT 'seconds',
    revision UInt64 CODEC(Delta, ZSTD(1)),
    is_deleted UInt8,
    good UInt32 CODEC(ZSTD(1)),
    unknown UInt32 CODEC(ZSTD(1)),
    suspect UInt32 CODEC(ZSTD(1)),
    fail UInt32 CODEC(ZSTD(1)),
    missing UInt32 CODEC(ZSTD(1)),
    total Float64 CODEC(ZSTD(1)),
    squares Float64 CODEC(ZSTD(1)),
    least Nullable(Float64) CODEC(ZSTD(1)),
    greatest Nullable(Float64) CODEC(ZSTD(1)),
    first Nullable(Float64) CODEC(ZSTD(1)),
    last Nullable(Float64) CODEC(ZSTD(1)),
    energy Nullable(Float64) CODEC(ZSTD(1)) COMMENT 'sum of 10^(L/10) times seconds',
    exposure Nullable(Float64) CODEC(ZSTD(1)) COMMENT 'seconds',
    config_version Int64 CODEC(ZSTD(1))
)
ENGINE = {engine:ReplacingMergeTree(revision, is_deleted)}
PARTITION BY toYYYYMM(start)
ORDER BY (property, device, channel, start, duration)
SETTINGS storage_policy = '{storage_policy}';
