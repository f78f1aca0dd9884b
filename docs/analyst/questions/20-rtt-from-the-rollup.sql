-- What share of the handshakes of each site takes longer than 50 ms, over any stretch of time?
-- Answered from the rollup by minutes: a bucket b holds RTTs from 2^(b/32) - 1 µs on.
SELECT site,
    sumIf(n, pow(2, bucket / 32) - 1 >= 50000) / sum(n) AS share_over_50_ms
FROM rtt_by_site_1m
ARRAY JOIN mapKeys(rtt_buckets) AS bucket, mapValues(rtt_buckets) AS n
WHERE service = 'ns1.example'
GROUP BY site
ORDER BY site
