-- Which share of the queries comes from prefixes with at least ten handshakes?
SELECT ip_version, sumIf(queries, samples >= 10) / sum(queries) AS share_of_queries,
    countIf(samples >= 10) / count() AS share_of_prefixes
FROM
(
    SELECT ifNull(traffic.ip_version, 0) AS ip_version, traffic.prefix AS prefix,
        sum(ifNull(udp_queries, 0) + ifNull(tcp_queries, 0)) AS queries,
        sum(ifNull(handshakes, 0)) AS samples
    FROM traffic
    WHERE service = 'ns1.example' AND excluded = '' AND traffic.prefix IS NOT NULL
    GROUP BY ip_version, prefix
)
GROUP BY ip_version
ORDER BY ip_version
