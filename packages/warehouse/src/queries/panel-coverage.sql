-- Reads traffic. Which share of queries, prefixes and networks had at least ten handshakes in the last hour of the time range: the part that the RTTs can speak about.
WITH
    prefixes AS
    (
        SELECT
            ifNull(traffic.ip_version, 0) AS version,
            traffic.prefix AS client_prefix,
            any(asn) AS network,
            sum(ifNull(udp_queries, 0) + ifNull(tcp_queries, 0)) AS queries,
            sum(ifNull(traffic.handshakes, 0)) AS n
        FROM traffic
        WHERE service IN (${service:sqlstring})
            AND site IN (${site:sqlstring})
            AND minute > $__toTime - INTERVAL 1 HOUR
            AND minute <= $__toTime
            AND traffic.prefix IS NOT NULL
            AND excluded = ''
        GROUP BY version, client_prefix
    ),
    networks AS
    (
        SELECT version, network, sum(n) AS n FROM prefixes WHERE network IS NOT NULL GROUP BY version, network
    )
SELECT
    concat('IPv', toString(version)) AS family,
    sumIf(queries, n >= 10) / nullIf(sum(queries), 0) AS queries_share,
    countIf(n >= 10) / count() AS prefixes_share,
    any(networks_covered) / nullIf(any(networks_seen), 0) AS networks_share,
    count() AS prefixes_seen
FROM prefixes
LEFT JOIN
(
    SELECT version, countIf(n >= 10) AS networks_covered, count() AS networks_seen
    FROM networks
    GROUP BY version
) AS by_network USING (version)
GROUP BY version
ORDER BY version
