-- Of which properties and months a run changed rows; history is that of a table, at its column of
-- time.
SELECT DISTINCT property, toYYYYMM({at:Identifier}) AS month
FROM {history:Identifier}
WHERE run = {run:String}
ORDER BY month, property
