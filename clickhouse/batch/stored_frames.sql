-- With which codec and version each frame of devices in [first, end) was decoded.
SELECT DISTINCT device, frame_id, decode_version, codec_hash
FROM observation
WHERE device IN {devices:Array(String)}
    AND observed_at >= fromUnixTimestamp64Micro({first:Int64}, 'UTC')
    AND observed_at < fromUnixTimestamp64Micro({end:Int64}, 'UTC')
    AND frame_id IS NOT NULL
