-- What is wrong with devices, and what an operator should see of it. The revision is the Kafka
-- offset: what was said last of a condition or of an alert is the row.

CREATE TABLE IF NOT EXISTS conditions
(
    device LowCardinality(String),
    kind LowCardinality(String),
    property LowCardinality(String),
    channel LowCardinality(String),
    opened_at DateTime64(6, 'UTC'),
    closed_at Nullable(DateTime64(6, 'UTC')) COMMENT 'null: still open',
    updated_at DateTime64(6, 'UTC'),
    level UInt8 COMMENT '1 (information) to 4 (act now)',
    reason String CODEC(ZSTD(1)),
    gateways Array(LowCardinality(String)) COMMENT 'that heard the device last before it opened',
    network LowCardinality(String),
    revision UInt64,
    is_deleted UInt8 COMMENT 'it never was'
)
ENGINE = {engine:ReplacingMergeTree(revision, is_deleted)}
ORDER BY (device, kind, property, channel, opened_at);

CREATE TABLE IF NOT EXISTS alerts
(
    alert_id String,
    rule LowCardinality(String),
    subject_kind LowCardinality(String) COMMENT 'device, gateway or network',
    subject LowCardinality(String),
    property LowCardinality(String),
    channel LowCardinality(String),
    opened_at DateTime64(6, 'UTC'),
    updated_at DateTime64(6, 'UTC'),
    closed_at Nullable(DateTime64(6, 'UTC')) COMMENT 'null: still open',
    level UInt8 COMMENT '1 (information) to 4 (act now)',
    devices Array(String) COMMENT 'all that it has covered',
    reason String CODEC(ZSTD(1)),
    transition LowCardinality(String) COMMENT 'opened, updated, closed or withdrawn',
    withdrawn UInt8 COMMENT 'it never was',
    silenced UInt8 COMMENT 'maintenance: nobody was told',
    revision UInt64
)
ENGINE = {engine:ReplacingMergeTree(revision)}
ORDER BY (opened_at, alert_id);

-- Every transition, which the compacted topic forgets.
CREATE TABLE IF NOT EXISTS alert_transitions
(
    alert_id String,
    rule LowCardinality(String),
    subject_kind LowCardinality(String),
    subject LowCardinality(String),
    property LowCardinality(String),
    channel LowCardinality(String),
    opened_at DateTime64(6, 'UTC'),
    updated_at DateTime64(6, 'UTC'),
    closed_at Nullable(DateTime64(6, 'UTC')),
    level UInt8,
    devices Array(String) CODEC(ZSTD(1)),
    reason String CODEC(ZSTD(1)),
    transition LowCardinality(String),
    withdrawn UInt8,
    silenced UInt8,
    revision UInt64
)
ENGINE = {engine:ReplacingMergeTree(revision)}
ORDER BY (alert_id, revision);

CREATE VIEW IF NOT EXISTS condition AS
SELECT * EXCEPT (revision, is_deleted) FROM conditions FINAL;

CREATE VIEW IF NOT EXISTS alert AS
SELECT * EXCEPT (revision, withdrawn, silenced), toBool(silenced) AS silenced
FROM alerts FINAL
WHERE NOT withdrawn;

CREATE VIEW IF NOT EXISTS alert_transition AS
SELECT * EXCEPT (withdrawn, silenced), toBool(withdrawn) AS withdrawn, toBool(silenced) AS silenced
FROM alert_transitions FINAL;

-- Without those about what is personal: their reasons tell single values.
CREATE VIEW IF NOT EXISTS public_alert AS
SELECT * FROM alert
WHERE property = ''
    OR (property NOT IN (SELECT property FROM personal_property)
        AND subject NOT IN (SELECT device FROM personal_device));
