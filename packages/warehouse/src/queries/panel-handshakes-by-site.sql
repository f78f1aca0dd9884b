-- Reads rtt_by_site_1m, and _1h and _1d in slots of whole hours or days. Handshakes a second that count, by site.
SELECT
    $__timeInterval(time) AS slot,
    toString(site) AS site,
    sum(handshakes) / $__interval_s AS handshakes_per_second
FROM rtt_by_site OF SLOTS
WHERE service IN (${service:sqlstring})
    AND rollups.site IN (${site:sqlstring})
GROUP BY slot, site
ORDER BY slot, site
