-- Rows by minute of what was decided lately: more than there were at the decision came late.
SELECT
    toUInt32(intDiv(toUnixTimestamp64Micro(time), 60000000)) AS minute,
    toFloat64(count()) AS handshakes
FROM handshakes
WHERE service = {service:String}
    AND excluded = ''
    AND time >= fromUnixTimestamp64Micro({fromMicros:Int64}, 'UTC')
    AND time < fromUnixTimestamp64Micro({toMicros:Int64}, 'UTC')
GROUP BY minute
