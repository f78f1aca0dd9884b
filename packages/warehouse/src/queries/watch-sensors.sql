-- How far each sensor of a service has come, in its own packet time, and whether its input ended.
SELECT
    toString(site) AS site_code,
    toString(sensor) AS sensor_name,
    toFloat64(toUnixTimestamp64Micro(max(time))) AS passedMicros,
    argMax(final, (time, final)) AS ended
FROM sensor_status
WHERE service = {service:String}
    AND time >= fromUnixTimestamp64Micro({sinceMicros:Int64}, 'UTC')
GROUP BY site, sensor
ORDER BY site_code, sensor_name
