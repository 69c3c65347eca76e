-- How far each topic is stored on all the partitions that met a tick.
SELECT topic, count() AS partitions, min(at) AS at
FROM frontier FINAL
GROUP BY topic
ORDER BY topic
