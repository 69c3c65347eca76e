-- Of which properties and months a run changed observations.
SELECT DISTINCT property, toYYYYMM(observed_at) AS month
FROM observation_history
WHERE run = {run:String}
ORDER BY month, property
