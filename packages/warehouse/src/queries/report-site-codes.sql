-- The sites of a service that have handshakes that count, or traffic.
SELECT DISTINCT site_code
FROM
(
    SELECT toString(site) AS site_code
    FROM handshakes
    WHERE service = {service:String} AND excluded = ''
        AND time >= fromUnixTimestamp64Micro({fromMicros:Int64}, 'UTC')
        AND time < fromUnixTimestamp64Micro({toMicros:Int64}, 'UTC')
    GROUP BY site
    UNION ALL
    SELECT toString(site)
    FROM traffic
    WHERE service = {service:String} AND excluded = ''
        AND minute >= toDateTime(intDiv({fromMicros:Int64}, 60000000) * 60, 'UTC')
        AND minute < toDateTime(intDiv({toMicros:Int64} + 999999, 1000000), 'UTC')
    GROUP BY site
)
ORDER BY site_code
