-- Reads rtt_by_as_1m, _1h and _1d and networks. The networks with most handshakes at the site in the time range.
SELECT
    network AS asn,
    names.name AS name,
    n AS handshakes,
    quantile_us[1] AS p25,
    quantile_us[2] AS p50,
    quantile_us[3] AS p75,
    quantile_us[4] AS p95
FROM
(
    SELECT
        ifNull(rollups.asn, 0) AS network,
        sum(rollups.handshakes) AS n,
        quantilesExactWeightedArray(0.25, 0.5, 0.75, 0.95)(mapKeys(rtt_buckets), mapValues(rtt_buckets)) AS quantile_buckets,
        arrayMap(bucket -> round(exp2((bucket + 0.5) / 32) - 1), quantile_buckets) AS quantile_us
    FROM rtt_by_as OF RANGE
    WHERE service IN (${service:sqlstring})
        AND site IN (${site:sqlstring})
    GROUP BY network
    ORDER BY n DESC, network
    LIMIT 20
) AS top
LEFT JOIN (SELECT asn, any(name) AS name FROM networks GROUP BY asn) AS names ON names.asn = top.network
ORDER BY handshakes DESC, asn
