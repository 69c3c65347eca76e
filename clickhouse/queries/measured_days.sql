-- The UTC days, since 1970, on which devices have samples before an instant; no property is all.
SELECT DISTINCT device, property, toInt32(toDate32(observed_at, 'UTC')) AS day
FROM observation
WHERE device IN {devices:Array(String)}
    AND ({property:String} = '' OR property = {property:String})
    AND observed_at < {until:DateTime64(6, 'UTC')}
