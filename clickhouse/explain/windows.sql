-- The windows of a series that an instant lies in.
SELECT * EXCEPT (device, property, channel, revision), revision
FROM window
WHERE property = {property:String}
    AND device = {device:String}
    AND channel = {channel:String}
    AND start > fromUnixTimestamp64Micro({at:Int64} - 86400000000, 'UTC')
    AND toUnixTimestamp64Micro(start) <= {at:Int64}
    AND toUnixTimestamp64Micro(start) + duration * 1000000 > {at:Int64}
ORDER BY duration
