-- What RTT do the clients of each site have, over IPv4 and IPv6?
-- Each prefix speaks once, by its median; its handshakes do not outvote the others.
SELECT site, ip_version, count() AS prefixes, quantileExact(0.5)(median_us) AS median_rtt_us
FROM
(
    SELECT site, ip_version, prefix, quantileExact(0.5)(rtt_us) AS median_us
    FROM handshakes
    WHERE service = 'ns1.example' AND excluded = ''
    GROUP BY site, ip_version, prefix
)
GROUP BY site, ip_version
ORDER BY site, ip_version
