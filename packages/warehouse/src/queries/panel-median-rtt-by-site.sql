-- Reads rtt_by_site_1m, and _1h and _1d in slots of whole hours or days. Median RTT over the handshakes of each site.
SELECT
    $__timeInterval(time) AS slot,
    toString(site) AS site,
    round(exp2((quantileExactWeightedArray(0.5)(mapKeys(rtt_buckets), mapValues(rtt_buckets)) + 0.5) / 32) - 1) AS rtt_us
FROM rtt_by_site OF SLOTS
WHERE service IN (${service:sqlstring})
    AND rollups.site IN (${site:sqlstring})
GROUP BY slot, site
ORDER BY slot, site
