-- Reads traffic_by_site_1m. Which part of the queries came over TCP, and which part of the UDP answers was truncated (TC=1), by IP version.
SELECT
    $__timeInterval(time) AS slot,
    concat('IPv', toString(ip_version)) AS version,
    sum(tcp_queries) / nullIf(sum(tcp_queries) + sum(udp_queries), 0) AS tcp_share,
    sum(traffic_by_site_1m.truncated_answers) / nullIf(sum(udp_queries), 0) AS truncated_share
FROM traffic_by_site_1m
WHERE service IN (${service:sqlstring})
    AND site IN (${site:sqlstring})
    AND $__timeFilter(time)
    AND ip_version > 0
GROUP BY slot, version
ORDER BY slot, version
