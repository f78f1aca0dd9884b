-- Reads rtt_by_as_1m, _1h and _1d. The countries with most handshakes at the site in the time range.
WITH quantilesExactWeightedArray(0.25, 0.5, 0.75, 0.95)(mapKeys(rtt_buckets), mapValues(rtt_buckets)) AS quantile_buckets,
    arrayMap(bucket -> round(exp2((bucket + 0.5) / 32) - 1), quantile_buckets) AS quantile_us
SELECT
    ifNull(toString(rollups.country), '') AS country,
    sum(rollups.handshakes) AS handshakes,
    quantile_us[1] AS p25,
    quantile_us[2] AS p50,
    quantile_us[3] AS p75,
    quantile_us[4] AS p95
FROM rtt_by_as OF RANGE
WHERE service IN (${service:sqlstring})
    AND site IN (${site:sqlstring})
GROUP BY country
ORDER BY handshakes DESC, country
LIMIT 20
