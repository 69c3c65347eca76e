-- Who may do what, for a ClickHouse server (the embedded engine has no users; its gateway holds
-- readers to the query catalogue). Run once by an administrator:
--   { printf "SET param_reader_password = '%s';\n" "$READER_PASSWORD"; cat clickhouse/roles.sql; } |
--     clickhouse-client --user …
-- with its own password in CLICKHOUSE_PASSWORD: as an argument either could be read by others of
-- the machine. A password of letters and digits needs no escape (openssl rand -hex 24).
-- The database is the default name; change it here if yours differs.
-- Source: ClickHouse documentation, "Access control and account management".

CREATE SETTINGS PROFILE IF NOT EXISTS vigie_reader SETTINGS
    readonly = 1,
    max_execution_time = 30 CHANGEABLE_IN_READONLY,
    max_memory_usage = 2000000000,
    max_result_rows = 1000000,
    max_rows_to_read = 1000000000;

CREATE ROLE IF NOT EXISTS vigie_reader SETTINGS PROFILE 'vigie_reader';

GRANT SELECT ON vigie.* TO vigie_reader;

-- Nothing personal, row by row or computed, for the reader: an indicator's view reads with the
-- rights of who asks. Everybody else sees all rows.
CREATE ROW POLICY IF NOT EXISTS vigie_public
    ON vigie.observations, vigie.windows, vigie.observation_history, vigie.window_history
    USING property NOT IN (SELECT property FROM vigie.personal_property)
        AND device NOT IN (SELECT device FROM vigie.personal_device)
    TO vigie_reader;

-- Reasons tell single values. The subject of an alert of one property is its device.
CREATE ROW POLICY IF NOT EXISTS vigie_public ON vigie.conditions
    USING property = ''
        OR (property NOT IN (SELECT property FROM vigie.personal_property)
            AND device NOT IN (SELECT device FROM vigie.personal_device))
    TO vigie_reader;

CREATE ROW POLICY IF NOT EXISTS vigie_public ON vigie.alerts, vigie.alert_transitions
    USING property = ''
        OR (property NOT IN (SELECT property FROM vigie.personal_property)
            AND subject NOT IN (SELECT device FROM vigie.personal_device))
    TO vigie_reader;

CREATE ROW POLICY IF NOT EXISTS vigie_all
    ON vigie.observations, vigie.windows, vigie.observation_history, vigie.window_history,
        vigie.conditions, vigie.alerts, vigie.alert_transitions
    USING 1 TO ALL EXCEPT vigie_reader;

CREATE QUOTA IF NOT EXISTS vigie_reader KEYED BY user_name
    FOR INTERVAL 1 hour MAX queries = 6000, read_rows = 10000000000
    TO vigie_reader;

CREATE ROLE IF NOT EXISTS vigie_writer;

GRANT SELECT, INSERT, CREATE TABLE, CREATE VIEW, DROP VIEW, ALTER TABLE, OPTIMIZE ON vigie.* TO vigie_writer;

GRANT SELECT ON system.storage_policies TO vigie_writer;

CREATE USER IF NOT EXISTS grafana_reader
    IDENTIFIED WITH sha256_password BY {reader_password:String}
    DEFAULT ROLE vigie_reader;

GRANT vigie_reader TO grafana_reader;
