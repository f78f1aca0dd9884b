-- Reads sensor_status. Heartbeats of each sensor: a gap is a silent sensor.
SELECT
    $__timeInterval(time) AS slot,
    concat(site, '/', sensor) AS sensor_name,
    toUInt8(count() > 0) AS alive
FROM sensor_status
WHERE service IN (${service:sqlstring})
    AND site IN (${site:sqlstring})
    AND $__timeFilter(sensor_status.time)
GROUP BY slot, sensor_name
ORDER BY slot, sensor_name
