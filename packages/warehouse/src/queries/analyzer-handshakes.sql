-- The handshakes that count, one row each, in the order of time (whose last ones are kept); sites as numbers into the given list.
SELECT
    toUInt32(intDiv(toUnixTimestamp64Micro(time), 60000000)) AS minute_number,
    toUInt16(indexOf({sites:Array(String)}, toString(site)) - 1) AS site_number,
    prefix,
    rtt_us
FROM handshakes
WHERE service = {service:String}
    AND excluded = ''
    AND time >= fromUnixTimestamp64Micro({fromMicros:Int64}, 'UTC')
    AND time < fromUnixTimestamp64Micro({toMicros:Int64}, 'UTC')
    AND has({sites:Array(String)}, toString(site))
ORDER BY time, prefix, rtt_us
SETTINGS output_format_arrow_compression_method = 'none'
