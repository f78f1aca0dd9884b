-- Days that ended and whose hours hold more handshakes than they do.
SELECT toUInt32(hours.start) AS start
FROM
(
    SELECT toStartOfDay(time) AS start, sum(handshakes) AS handshakes
    FROM rtt_by_site_1h
    GROUP BY start
) AS hours
LEFT JOIN
(
    SELECT time AS start, sum(handshakes) AS handshakes
    FROM rtt_by_site_1d
    GROUP BY start
) AS days ON days.start = hours.start
WHERE hours.handshakes > days.handshakes
    AND toUInt64(toUInt32(hours.start)) + 86400 <= {untilSeconds:UInt64}
ORDER BY start
