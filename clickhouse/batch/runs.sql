-- Runs, the latest first; an empty id is all. done and tasks say how far each is.
SELECT
    r.run AS run,
    r.state AS state,
    r.what AS what,
    r.author AS author,
    r.reason AS reason,
    r.selection AS selection,
    r.code AS code,
    r.sequence AS sequence,
    r.config AS config,
    r.until AS until,
    r.started AS started,
    r.ended AS ended,
    r.samples AS samples,
    r.counts AS counts,
    r.seen AS seen,
    t.tasks AS tasks,
    t.done AS done,
    t.judged AS judged,
    t.seconds AS seconds,
    t.written AS written,
    d.days AS open_days
FROM run AS r
LEFT JOIN
(
    SELECT
        run,
        count() AS tasks,
        countIf(state = 'done') AS done,
        sumIf(samples, state = 'done') AS judged,
        sum(seconds) AS seconds,
        sumIf(written, state = 'done') AS written
    FROM run_task
    GROUP BY run
) AS t ON t.run = r.run
LEFT JOIN (SELECT run, count() AS days FROM run_days FINAL GROUP BY run) AS d ON d.run = r.run
WHERE {run:String} = '' OR r.run = {run:String}
ORDER BY r.started DESC
LIMIT {limit:UInt32}
