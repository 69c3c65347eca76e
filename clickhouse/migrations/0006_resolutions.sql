-- What became of a dead letter: the row of a resolution has the identity of its letter's and
-- replaces it. The view shows those that are open.

ALTER TABLE dead_letters
    ADD COLUMN IF NOT EXISTS resolved LowCardinality(String) COMMENT 'retried or dropped; empty while open',
    ADD COLUMN IF NOT EXISTS resolved_at Nullable(DateTime64(6, 'UTC')),
    ADD COLUMN IF NOT EXISTS resolved_by LowCardinality(String);

CREATE OR REPLACE VIEW dead_letter AS
SELECT * EXCEPT (resolved, resolved_at, resolved_by) FROM dead_letters FINAL
WHERE resolved = '';
