-- What RTT does a query to each site see?
-- Prefixes weighted by all their queries, UDP too: a median over handshakes alone would
-- speak for those who like TCP.
SELECT site, quantileExactWeighted(0.5)(median_us, queries) AS median_rtt_us
FROM
(
    SELECT site, prefix, quantileExact(0.5)(rtt_us) AS median_us
    FROM handshakes
    WHERE service = 'ns1.example' AND excluded = ''
    GROUP BY site, prefix
) AS measured
INNER JOIN
(
    SELECT site, assumeNotNull(traffic.prefix) AS prefix,
        sum(ifNull(udp_queries, 0) + ifNull(tcp_queries, 0)) AS queries
    FROM traffic
    WHERE service = 'ns1.example' AND excluded = '' AND traffic.prefix IS NOT NULL
    GROUP BY site, prefix
) AS asked USING (site, prefix)
GROUP BY site
ORDER BY site
