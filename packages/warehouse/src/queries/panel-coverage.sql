-- Reads traffic. Which share of queries, prefixes and networks had at least ten handshakes in the last hour of the time range: the part that the RTTs can speak about.
SELECT
    concat('IPv', toString(version)) AS family,
    sum(queries_covered) / nullIf(sum(queries), 0) AS queries_share,
    sum(prefixes_covered) / sum(prefixes) AS prefixes_share,
    countIf(network IS NOT NULL AND n >= 10) / nullIf(countIf(network IS NOT NULL), 0) AS networks_share,
    sum(prefixes) AS prefixes_seen
FROM
(
    SELECT
        version,
        network,
        sum(prefix_queries) AS queries,
        sumIf(prefix_queries, prefix_handshakes >= 10) AS queries_covered,
        count() AS prefixes,
        countIf(prefix_handshakes >= 10) AS prefixes_covered,
        sum(prefix_handshakes) AS n
    FROM
    (
        SELECT
            assumeNotNull(any(traffic.ip_version)) AS version,
            any(asn) AS network,
            sum(toUInt64(ifNull(udp_queries, 0)) + ifNull(tcp_queries, 0)) AS prefix_queries,
            sum(ifNull(traffic.handshakes, 0)) AS prefix_handshakes
        FROM traffic
        WHERE service IN (${service:sqlstring})
            AND site IN (${site:sqlstring})
            AND minute > $__toTime - INTERVAL 1 HOUR
            AND minute <= $__toTime
            AND traffic.prefix IS NOT NULL
            AND excluded = ''
        GROUP BY assumeNotNull(traffic.prefix)
    )
    GROUP BY version, network
)
GROUP BY version
ORDER BY version
