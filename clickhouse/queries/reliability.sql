-- The latest reliability against a reference of each series, and what its use case is to reach.
SELECT *
FROM reliability
ORDER BY use_case, device, property, channel, until DESC, id
LIMIT 1 BY device, property, channel
LIMIT {limit:UInt32}
