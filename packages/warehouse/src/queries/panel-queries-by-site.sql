-- Reads traffic_by_site_1m. Queries a second by site, UDP and TCP; a site that sees neither has no line.
SELECT
    $__timeInterval(time) AS slot,
    toString(site) AS site,
    sum(ifNull(udp_queries, 0) + ifNull(tcp_queries, 0)) / $__interval_s AS queries_per_second
FROM traffic_by_site_1m
WHERE service IN (${service:sqlstring})
    AND traffic_by_site_1m.site IN (${site:sqlstring})
    AND $__timeFilter(time)
    AND (udp_queries IS NOT NULL OR tcp_queries IS NOT NULL)
GROUP BY slot, site
ORDER BY slot, site
