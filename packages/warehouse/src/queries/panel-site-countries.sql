-- Reads rtt_by_as_1m. The countries with most handshakes at the site in the time range.
SELECT
    land AS country,
    n AS handshakes,
    quantile_us[1] AS p25,
    quantile_us[2] AS p50,
    quantile_us[3] AS p75,
    quantile_us[4] AS p95
FROM
(
    SELECT
        ifNull(toString(rtt_by_as_1m.country), '') AS land,
        sum(rtt_by_as_1m.handshakes) AS n,
        sumMap(rtt_buckets) AS buckets,
        arrayCumSum(mapValues(buckets)) AS cumulated,
        arrayMap(
            level -> round(exp2((mapKeys(buckets)[
                arrayFirstIndex(seen -> seen >= ceil(level * cumulated[-1]), cumulated)] + 0.5) / 32) - 1),
            [0.25, 0.5, 0.75, 0.95]) AS quantile_us
    FROM rtt_by_as_1m
    WHERE service IN (${service:sqlstring})
        AND site IN (${site:sqlstring})
        AND $__timeFilter(time)
    GROUP BY land
    ORDER BY n DESC, land
    LIMIT 20
)
ORDER BY handshakes DESC, country
