-- Current rows of the store.
SELECT
    (SELECT count() FROM observation) AS observations,
    (SELECT count() FROM window) AS windows,
    (SELECT count() FROM pending_day) AS pending_days,
    (SELECT count() FROM dead_letter) AS dead_letters,
    (SELECT count() FROM device) AS devices
