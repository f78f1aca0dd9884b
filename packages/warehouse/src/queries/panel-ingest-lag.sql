-- Reads handshakes, traffic and sensor_status, only their newest row. Seconds from the newest row to the end of the time range.
SELECT table_name, newest, greatest(dateDiff('second', newest, $__toTime), 0) AS lag_seconds
FROM
(
    SELECT 'handshakes' AS table_name, max(time) AS newest FROM handshakes
    UNION ALL
    SELECT 'traffic' AS table_name, toDateTime64(max(minute), 6, 'UTC') AS newest FROM traffic
    UNION ALL
    SELECT 'sensor_status' AS table_name, max(time) AS newest FROM sensor_status
)
WHERE newest > toDateTime64(0, 6, 'UTC')
ORDER BY table_name
