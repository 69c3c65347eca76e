-- How many windows of a property and month a run changed, and how many of them a later run took back.
SELECT
    (
        SELECT count() FROM window_history FINAL
        WHERE run = {run:String} AND property = {property:String}
            AND toYYYYMM(start) = {month:UInt32}
    ) AS rows,
    (
        SELECT count() FROM window_history FINAL
        WHERE run = {back:String} AND property = {property:String}
            AND toYYYYMM(start) = {month:UInt32}
    ) AS restored
