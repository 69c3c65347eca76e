-- The days that wait for the batch and that no run has taken; an empty reason is all. A day to which
-- samples came late stays late, whatever was declared of it since: its frames are still to be read.
SELECT p.device AS device, toInt32(p.day) AS day, if(l.device = '', p.reason, 'late') AS reason, at
FROM (SELECT * FROM pending FINAL) AS p
LEFT JOIN (SELECT device, day FROM pending_late FINAL) AS l ON l.device = p.device AND l.day = p.day
WHERE {reason:String} = '' OR reason = {reason:String}
ORDER BY device, day
