-- How many rows of a property and month a run changed, and how many of them a later run took back;
-- history is that of a table, at its column of time.
SELECT countIf(run = {run:String}) AS rows, countIf(run = {back:String}) AS restored
FROM {history:Identifier} FINAL
WHERE run IN ({run:String}, {back:String})
    AND property = {property:String}
    AND toYYYYMM({at:Identifier}) = {month:UInt32}
