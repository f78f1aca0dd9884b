-- Which networks are in several countries and have 80 % of their queries at one site?
-- These are candidates: a finding also asks whether a nearer site would serve them better.
SELECT asn, argMax(site, queries) AS main_site, max(queries) / sum(queries) AS main_share,
    any(countries) AS countries
FROM
(
    SELECT asn, site, sum(ifNull(udp_queries, 0) + ifNull(tcp_queries, 0)) AS queries
    FROM traffic
    WHERE service = 'ns1.example' AND excluded = '' AND asn IS NOT NULL
    GROUP BY asn, site
) AS by_site
INNER JOIN
(
    SELECT asn, uniqExact(country) AS countries
    FROM traffic
    WHERE service = 'ns1.example' AND excluded = '' AND asn IS NOT NULL
    GROUP BY asn
) AS spread USING (asn)
GROUP BY asn
HAVING countries > 1 AND main_share >= 0.8
ORDER BY asn
