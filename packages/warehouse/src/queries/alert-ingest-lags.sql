-- Reads sensor_status and the newest row of handshakes. One row per table; its value is how many seconds it is behind: heartbeats behind the clock, handshakes behind the last heartbeat that counted new ones.
SELECT 'sensor_status' AS table_name, toFloat64(dateDiff('second', max(time), $__toTime)) AS lag_seconds
FROM sensor_status
WHERE $__timeFilter(sensor_status.time)
HAVING count() > 0
UNION ALL
SELECT
    'handshakes' AS table_name,
    toFloat64(greatest(dateDiff('second', (SELECT max(time) FROM handshakes), max(heartbeat)), 0)) AS lag_seconds
FROM
(
    SELECT
        time AS heartbeat,
        sensor_status.handshakes > lagInFrame(sensor_status.handshakes, 1, sensor_status.handshakes)
            OVER (PARTITION BY service, site, sensor ORDER BY time) AS has_new
    FROM sensor_status
    WHERE time > $__toTime - INTERVAL 1 HOUR AND time <= $__toTime
)
WHERE has_new
HAVING count() > 0
