-- Reads rtt_by_site_1m, and _1h and _1d in slots of whole hours or days. Quantiles of the RTT over the handshakes of the site.
WITH quantilesExactWeightedArray(0.1, 0.25, 0.5, 0.75, 0.9)(mapKeys(rtt_buckets), mapValues(rtt_buckets)) AS quantile_buckets,
    arrayMap(bucket -> round(exp2((bucket + 0.5) / 32) - 1), quantile_buckets) AS quantile_us
SELECT
    $__timeInterval(time) AS slot,
    quantile_us[1] AS p10,
    quantile_us[2] AS p25,
    quantile_us[3] AS p50,
    quantile_us[4] AS p75,
    quantile_us[5] AS p90
FROM rtt_by_site OF SLOTS
WHERE service IN (${service:sqlstring})
    AND ip_version IN (${ip_version:csv})
    AND site IN (${site:sqlstring})
GROUP BY slot
ORDER BY slot
