-- Reads rtt_by_site_1m. Median RTT over the handshakes of each site.
SELECT
    slot,
    site,
    round(exp2((mapKeys(buckets)[arrayFirstIndex(seen -> seen >= ceil(0.5 * n), cumulated)] + 0.5) / 32) - 1) AS rtt_us
FROM
(
    SELECT
        slot,
        site,
        buckets,
        arrayCumSum(mapValues(buckets)) AS cumulated,
        cumulated[-1] AS n
    FROM
    (
        SELECT $__timeInterval(time) AS slot, toString(site) AS site, sumMap(rtt_buckets) AS buckets
        FROM rtt_by_site_1m
        WHERE service IN (${service:sqlstring})
            AND rtt_by_site_1m.site IN (${site:sqlstring})
            AND $__timeFilter(time)
        GROUP BY slot, site
    )
)
ORDER BY slot, site
