-- What was asked of the runs that decoded uplinks again, JSON.
SELECT selection
FROM run
WHERE what != 'revert' AND position(selection, '"why": "decoded"') > 0
