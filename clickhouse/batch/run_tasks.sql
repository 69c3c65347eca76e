-- The tasks of a run.
SELECT task, id, state, samples, seconds, written, counts
FROM run_task
WHERE run = {run:String}
ORDER BY task
