-- Reads sensor_status. Discards and other counted events a second, by reason, over the sensors of the site.
SELECT slot, reason, sum(increase) / $__interval_s AS events_per_second
FROM
(
    SELECT
        $__timeInterval(time) AS slot,
        reason,
        count_since_boot - lagInFrame(count_since_boot, 1, count_since_boot)
            OVER (PARTITION BY site, sensor, reason ORDER BY time) AS difference,
        greatest(toInt64(difference), 0) AS increase
    FROM
    (
        SELECT site, sensor, sensor_status.time AS time, counters
        FROM sensor_status
        WHERE service IN (${service:sqlstring})
            AND site IN (${site:sqlstring})
            AND $__timeFilter(sensor_status.time)
    )
    ARRAY JOIN mapKeys(counters) AS reason, mapValues(counters) AS count_since_boot
)
GROUP BY slot, reason
HAVING events_per_second > 0
ORDER BY slot, reason
