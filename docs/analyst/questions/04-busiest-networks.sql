-- Which networks ask most?
SELECT asn, any(networks.name) AS name,
    sum(ifNull(udp_queries, 0) + ifNull(tcp_queries, 0)) AS queries
FROM traffic
LEFT JOIN networks USING (asn)
WHERE service = 'ns1.example' AND excluded = '' AND asn IS NOT NULL
GROUP BY asn
ORDER BY queries DESC, asn
LIMIT 10
