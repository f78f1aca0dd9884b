-- By IP version: queries, prefixes and networks that were seen, and those with at least ten
-- handshakes that count, over all sites together. Prefixes without a known network count in none.
WITH
    handshake_prefixes AS
    (
        SELECT ip_version, prefix, max(asn) AS asn, count() AS handshakes
        FROM handshakes
        WHERE service = {service:String} AND excluded = ''
            AND time >= fromUnixTimestamp64Micro({fromMicros:Int64}, 'UTC')
            AND time < fromUnixTimestamp64Micro({toMicros:Int64}, 'UTC')
        GROUP BY ip_version, prefix
    ),
    traffic_prefixes AS
    (
        SELECT
            ip_version, traffic.prefix AS prefix, max(asn) AS asn,
            sum(ifNull(udp_queries, 0) + ifNull(tcp_queries, 0)) AS queries
        FROM traffic
        WHERE service = {service:String} AND excluded = '' AND traffic.prefix IS NOT NULL
            AND minute >= toDateTime(intDiv({fromMicros:Int64}, 60000000) * 60, 'UTC')
            AND minute < toDateTime(intDiv({toMicros:Int64} + 999999, 1000000), 'UTC')
        GROUP BY ip_version, prefix
    ),
    prefix_totals AS
    (
        SELECT
            assumeNotNull(ip_version) AS ip_version, prefix, max(asn) AS asn,
            sum(handshakes) AS handshakes, sum(queries) AS queries
        FROM
        (
            SELECT ip_version, toNullable(prefix) AS prefix, asn, handshakes, toUInt64(0) AS queries
            FROM handshake_prefixes
            UNION ALL
            SELECT ip_version, prefix, asn, toUInt64(0), queries FROM traffic_prefixes
        )
        GROUP BY ip_version, prefix
    ),
    by_network AS
    (
        SELECT
            ip_version, asn,
            count() AS seen, countIf(handshakes >= 10) AS covered,
            sum(handshakes) AS network_handshakes, sum(queries) AS network_queries,
            sumIf(queries, handshakes >= 10) AS covered_queries
        FROM prefix_totals
        GROUP BY ip_version, asn
    )
SELECT
    ip_version AS version,
    toFloat64(sum(network_handshakes)) AS handshake_count,
    toFloat64(sum(network_queries)) AS query_count,
    toFloat64(sum(covered_queries)) AS queries_covered,
    toFloat64(sum(seen)) AS prefixes_seen,
    toFloat64(sum(covered)) AS prefixes_covered,
    toFloat64(countIf(asn IS NOT NULL)) AS networks_seen,
    toFloat64(countIf(asn IS NOT NULL AND network_handshakes >= 10)) AS networks_covered
FROM by_network
GROUP BY ip_version
ORDER BY ip_version
