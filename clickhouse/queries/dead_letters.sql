-- Why messages died, and the last words of each reason.
SELECT stage, reason, count() AS letters, max(at) AS last_at, argMax(message, at) AS last_message
FROM dead_letter
GROUP BY stage, reason
ORDER BY stage, reason
