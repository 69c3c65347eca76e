-- Samples and seconds of the tasks that the latest runs did, by what they did.
SELECT what, sum(t.samples) AS samples, sum(t.seconds) AS seconds
FROM run_task AS t
INNER JOIN (SELECT run, what FROM run ORDER BY started DESC LIMIT 20) AS r ON r.run = t.run
WHERE t.state = 'done'
GROUP BY what
