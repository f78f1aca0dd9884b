-- Reads rtt_by_site_1m. Handshakes a second that count, by site.
SELECT
    $__timeInterval(time) AS slot,
    toString(site) AS site,
    sum(handshakes) / $__interval_s AS handshakes_per_second
FROM rtt_by_site_1m
WHERE service IN (${service:sqlstring})
    AND rtt_by_site_1m.site IN (${site:sqlstring})
    AND $__timeFilter(time)
GROUP BY slot, site
ORDER BY slot, site
