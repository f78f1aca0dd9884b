-- What there is to analyze of a service, by site: rows, first and last minute, and whether UDP
-- queries were counted there.
SELECT
    site_code AS site,
    sum(handshake_rows) AS handshakes,
    sum(traffic_rows) AS traffic,
    sum(counted_rows) AS counted,
    min(first_minute) AS firstMinute,
    max(last_minute) AS lastMinute
FROM
(
    SELECT
        toString(site) AS site_code,
        toFloat64(count()) AS handshake_rows,
        toFloat64(0) AS traffic_rows,
        toFloat64(0) AS counted_rows,
        toUInt32(intDiv(toUnixTimestamp64Micro(min(time)), 60000000)) AS first_minute,
        toUInt32(intDiv(toUnixTimestamp64Micro(max(time)), 60000000)) AS last_minute
    FROM handshakes
    WHERE service = {service:String}
        AND excluded = ''
        AND time >= fromUnixTimestamp64Micro({fromMicros:Int64}, 'UTC')
        AND time < fromUnixTimestamp64Micro({toMicros:Int64}, 'UTC')
    GROUP BY site
    UNION ALL
    SELECT
        toString(site) AS site_code,
        toFloat64(0) AS handshake_rows,
        toFloat64(count()) AS traffic_rows,
        toFloat64(countIf(udp_queries IS NOT NULL)) AS counted_rows,
        toUInt32(intDiv(toUnixTimestamp(min(minute)), 60)) AS first_minute,
        toUInt32(intDiv(toUnixTimestamp(max(minute)), 60)) AS last_minute
    FROM traffic
    WHERE service = {service:String}
        AND minute >= toDateTime(intDiv({fromMicros:Int64}, 60000000) * 60, 'UTC')
        AND minute < toDateTime(intDiv({toMicros:Int64} + 999999, 1000000), 'UTC')
    GROUP BY site
)
GROUP BY site_code
ORDER BY site_code
