-- What a window of each kind of property carries beside sums (docs/windows.md), and what a sample's
-- frame told with it. A view keeps the columns that it was made with: those that show all of a
-- table are made again.

ALTER TABLE windows
    ADD COLUMN IF NOT EXISTS first_at Nullable(DateTime64(6, 'UTC')) CODEC(DoubleDelta, ZSTD(1)) AFTER last,
    ADD COLUMN IF NOT EXISTS last_at Nullable(DateTime64(6, 'UTC')) CODEC(DoubleDelta, ZSTD(1)) AFTER first_at,
    ADD COLUMN IF NOT EXISTS held Nullable(Float64) COMMENT 'seconds' CODEC(ZSTD(1)) AFTER exposure,
    ADD COLUMN IF NOT EXISTS area Nullable(Float64) COMMENT 'sum of value times seconds held' CODEC(ZSTD(1)) AFTER held,
    ADD COLUMN IF NOT EXISTS increase Nullable(Float64) COMMENT 'of a counter, within the window' CODEC(ZSTD(1)) AFTER area,
    ADD COLUMN IF NOT EXISTS resets UInt32 CODEC(ZSTD(1)) AFTER increase,
    ADD COLUMN IF NOT EXISTS rollovers UInt32 CODEC(ZSTD(1)) AFTER resets,
    ADD COLUMN IF NOT EXISTS sines Nullable(Float64) CODEC(ZSTD(1)) AFTER rollovers,
    ADD COLUMN IF NOT EXISTS cosines Nullable(Float64) CODEC(ZSTD(1)) AFTER sines,
    ADD COLUMN IF NOT EXISTS states Map(LowCardinality(String), Float64) COMMENT 'seconds' CODEC(ZSTD(1)) AFTER cosines,
    ADD COLUMN IF NOT EXISTS levels Array(Int16) COMMENT 'tenths of a dB that occur' CODEC(ZSTD(1)) AFTER states,
    ADD COLUMN IF NOT EXISTS level_counts Array(UInt32) CODEC(ZSTD(1)) AFTER levels;

ALTER TABLE observations
    ADD COLUMN IF NOT EXISTS counter Nullable(Int64) COMMENT 'of the frame' CODEC(ZSTD(1)),
    ADD COLUMN IF NOT EXISTS payload_size Nullable(UInt32) COMMENT 'bytes' CODEC(ZSTD(1)),
    ADD COLUMN IF NOT EXISTS clock_offset Nullable(Float64) COMMENT 'seconds that the device is ahead' CODEC(ZSTD(1));

CREATE OR REPLACE VIEW observation AS
SELECT * EXCEPT is_deleted FROM observations FINAL
SETTINGS do_not_merge_across_partitions_select_final = 1;

CREATE OR REPLACE VIEW window AS
SELECT * EXCEPT is_deleted FROM windows FINAL
SETTINGS do_not_merge_across_partitions_select_final = 1;

CREATE OR REPLACE VIEW observation_status AS
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

CREATE OR REPLACE VIEW public_observation AS
SELECT * FROM observation_status
WHERE property NOT IN (SELECT property FROM personal_property)
    AND device NOT IN (SELECT device FROM personal_device);

CREATE OR REPLACE VIEW public_window AS
SELECT * FROM window
WHERE property NOT IN (SELECT property FROM personal_property)
    AND device NOT IN (SELECT device FROM personal_device);
