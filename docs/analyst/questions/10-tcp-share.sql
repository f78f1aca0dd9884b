-- Which share of the queries comes over TCP, by site?
SELECT site, sum(tcp_queries) / (sum(tcp_queries) + sum(udp_queries)) AS tcp_share
FROM traffic
WHERE service = 'ns1.example' AND excluded = ''
GROUP BY site
ORDER BY site
