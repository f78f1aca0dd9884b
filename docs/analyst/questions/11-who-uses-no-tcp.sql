-- Which prefixes ask much, but never over TCP? Of these no RTT can be known.
SELECT traffic.prefix AS client_prefix, sum(ifNull(udp_queries, 0)) AS queries
FROM traffic
WHERE service = 'ns1.example' AND excluded = '' AND traffic.prefix IS NOT NULL
GROUP BY client_prefix
HAVING sum(ifNull(tcp_queries, 0)) = 0
ORDER BY queries DESC, client_prefix
LIMIT 10
