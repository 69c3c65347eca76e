-- Of which properties and months a run changed windows.
SELECT DISTINCT property, toYYYYMM(start) AS month
FROM window_history
WHERE run = {run:String}
ORDER BY month, property
