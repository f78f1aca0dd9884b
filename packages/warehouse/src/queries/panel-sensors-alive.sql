-- Reads sensor_status. Sensors whose last heartbeat is less than three minutes before the end of the time range, those that are silent since (a file that ended is not), and all that were heard in the day before.
SELECT
    countIf(last_heartbeat > $__toTime - INTERVAL 3 MINUTE) AS alive,
    countIf(last_heartbeat <= $__toTime - INTERVAL 3 MINUTE AND NOT ended) AS silent,
    count() AS known
FROM
(
    SELECT max(time) AS last_heartbeat, argMax(final, (time, final)) AS ended
    FROM sensor_status
    WHERE service IN (${service:sqlstring})
        AND site IN (${site:sqlstring})
        AND sensor_status.time > $__toTime - INTERVAL 1 DAY
        AND sensor_status.time <= $__toTime
    GROUP BY service, site, sensor
)
