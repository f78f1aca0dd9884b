-- Reads sensor_status. Each sensor heard in the day before the end of the time range, the longest silent first.
SELECT
    toString(site) AS site,
    sensor,
    multiIf(ended, 'ended', silent_seconds >= 180, 'silent', 'alive') AS state,
    max(sensor_status.time) AS last_heartbeat,
    greatest(dateDiff('second', last_heartbeat, $__toTime), 0) AS silent_seconds,
    argMax(final, (sensor_status.time, final)) AS ended,
    argMax(packets, sensor_status.time) AS packets,
    argMax(sensor_status.handshakes, sensor_status.time) AS handshakes,
    argMax(kernel_drops, sensor_status.time) AS kernel_drops,
    argMax(pending, sensor_status.time) AS pending,
    argMax(version, sensor_status.time) AS version
FROM sensor_status
WHERE service IN (${service:sqlstring})
    AND sensor_status.site IN (${site:sqlstring})
    AND sensor_status.time > $__toTime - INTERVAL 1 DAY
    AND sensor_status.time <= $__toTime
GROUP BY service, site, sensor
ORDER BY silent_seconds DESC, site, sensor
LIMIT 500
