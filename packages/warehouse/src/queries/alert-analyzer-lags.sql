-- Reads sensor_status and analyzer_states. One row per service that sensors speak of; its value is how many seconds the last decided minute ends before the newest heartbeat.
SELECT
    toString(heard.service) AS service,
    toFloat64(greatest(dateDiff('second', toDateTime((decided.last_minute + 1) * 60, 'UTC'), heard.newest), 0)) AS lag_seconds
FROM
(
    SELECT service, max(time) AS newest
    FROM sensor_status
    WHERE $__timeFilter(sensor_status.time)
    GROUP BY service
) AS heard
LEFT JOIN
(
    SELECT service, max(minute) AS last_minute FROM analyzer_states GROUP BY service
) AS decided ON decided.service = heard.service
ORDER BY service
LIMIT 100
