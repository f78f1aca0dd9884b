-- The hours since 1970 in which a service has rows to analyze, and how many.
SELECT hour, sum(hour_rows) AS rows
FROM
(
    SELECT
        toUInt32(intDiv(toUnixTimestamp64Micro(time), 3600000000)) AS hour,
        toFloat64(count()) AS hour_rows
    FROM handshakes
    WHERE service = {service:String}
        AND excluded = ''
        AND time >= fromUnixTimestamp64Micro({fromMicros:Int64}, 'UTC')
        AND time < fromUnixTimestamp64Micro({toMicros:Int64}, 'UTC')
    GROUP BY hour
    UNION ALL
    SELECT
        toUInt32(intDiv(toUnixTimestamp(minute), 3600)) AS hour,
        toFloat64(count()) AS hour_rows
    FROM traffic
    WHERE service = {service:String}
        AND excluded = ''
        AND minute >= toDateTime(intDiv({fromMicros:Int64}, 60000000) * 60, 'UTC')
        AND minute < toDateTime(intDiv({toMicros:Int64} + 999999, 1000000), 'UTC')
    GROUP BY hour
)
GROUP BY hour
ORDER BY hour
