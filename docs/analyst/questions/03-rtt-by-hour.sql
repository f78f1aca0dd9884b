-- How did the RTT at each site develop, hour by hour?
SELECT site, toStartOfHour(time) AS hour, count() AS handshakes,
    quantileExact(0.5)(rtt_us) AS median_over_handshakes_us
FROM handshakes
WHERE service = 'ns1.example' AND excluded = ''
GROUP BY site, hour
ORDER BY site, hour
