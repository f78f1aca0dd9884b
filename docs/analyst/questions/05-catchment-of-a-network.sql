-- Which sites serve a network, and with which share of its queries?
SELECT site, sum(ifNull(udp_queries, 0) + ifNull(tcp_queries, 0)) AS queries,
    queries / sum(queries) OVER () AS share
FROM traffic
WHERE service = 'ns1.example' AND excluded = '' AND asn = 4200000000
GROUP BY site
ORDER BY share DESC, site
