-- How many observations of a property and month a run changed, and how many of them a later run took back.
SELECT
    (
        SELECT count() FROM observation_history FINAL
        WHERE run = {run:String} AND property = {property:String}
            AND toYYYYMM(observed_at) = {month:UInt32}
    ) AS rows,
    (
        SELECT count() FROM observation_history FINAL
        WHERE run = {back:String} AND property = {property:String}
            AND toYYYYMM(observed_at) = {month:UInt32}
    ) AS restored
