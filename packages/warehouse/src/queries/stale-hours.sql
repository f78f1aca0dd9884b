-- Hours that ended and whose minutes hold more handshakes than they do.
SELECT toUInt32(minutes.start) AS start
FROM
(
    SELECT toStartOfHour(time) AS start, sum(handshakes) AS handshakes
    FROM rtt_by_site_1m
    GROUP BY start
) AS minutes
LEFT JOIN
(
    SELECT time AS start, sum(handshakes) AS handshakes
    FROM rtt_by_site_1h
    GROUP BY start
) AS hours ON hours.start = minutes.start
WHERE minutes.handshakes > hours.handshakes
    AND toUInt64(toUInt32(minutes.start)) + 3600 <= {untilSeconds:UInt64}
ORDER BY start
