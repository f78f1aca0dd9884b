-- How far each sensor of a service has come, in its own packet time and by its own clock, whether
-- that clock is known to be wrong, and whether its input ended: by the heartbeat that came last.
SELECT
    toString(site) AS site_code,
    toString(sensor) AS sensor_name,
    toFloat64(toUnixTimestamp64Micro(argMax(time, came))) AS passedMicros,
    toFloat64(toUnixTimestamp64Micro(argMax(time, came)) + argMax(ifNull(clock_offset_us, 0), came))
        AS clockMicros,
    argMax(excluded = 'clock', came) AS isClockWrong,
    argMax(final, came) AS ended
FROM
(
    SELECT *, (ifNull(arrived, toDateTime64(0, 3, 'UTC')), time, final) AS came
    FROM sensor_status
    WHERE service = {service:String}
        AND time >= fromUnixTimestamp64Micro({sinceMicros:Int64}, 'UTC')
)
GROUP BY site, sensor
ORDER BY site_code, sensor_name
