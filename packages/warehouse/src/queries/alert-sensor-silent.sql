-- Reads sensor_status. One row per sensor that has not ended; its value is how many seconds it is behind the newest heartbeat of all sensors.
SELECT
    toString(service) AS service,
    toString(site) AS site,
    toString(sensor) AS sensor,
    toFloat64(dateDiff('second', last_heartbeat, max(last_heartbeat) OVER ())) AS silent_seconds
FROM
(
    SELECT service, site, sensor, max(time) AS last_heartbeat, argMax(final, (sensor_status.time, final)) AS ended
    FROM sensor_status
    WHERE $__timeFilter(sensor_status.time)
    GROUP BY service, site, sensor
)
WHERE NOT ended
ORDER BY silent_seconds DESC, service, site, sensor
LIMIT 500
