-- How far each sensor of a service has come, in its own packet time and by its own clock, and
-- whether its input ended.
SELECT
    toString(site) AS site_code,
    toString(sensor) AS sensor_name,
    toFloat64(toUnixTimestamp64Micro(max(time))) AS passedMicros,
    toFloat64(toUnixTimestamp64Micro(max(time)) + argMax(ifNull(clock_offset_us, 0), time))
        AS clockMicros,
    argMax(final, (time, final)) AS ended
FROM sensor_status
WHERE service = {service:String}
    AND time >= fromUnixTimestamp64Micro({sinceMicros:Int64}, 'UTC')
GROUP BY site, sensor
ORDER BY site_code, sensor_name
